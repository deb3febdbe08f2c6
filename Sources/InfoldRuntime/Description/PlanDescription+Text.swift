import InfoldSystem
import InfoldTensor

extension PlanDescription: CustomStringConvertible {
  /// A multi-line description for people: the shapes that the plan is for, then each part.
  public var description: String {
    let inputs = inputs.map { input in
      String(printable: input.name) + (input.type.map { " \($0)" } ?? "")
    }
    return "plan for \(inputs.joined(separator: ", "))\n" + parts.map { "\n\($0)" }.joined()
  }
}

extension PlanDescription.Part: CustomStringConvertible {
  /// A multi-line description for people, with numbered steps.
  public var description: String {
    let memory = "\(sharedByteCount) bytes of working memory, and \(threadByteCount) for each thread"
    var text = images > 1 ? "for each of \(images) images: " : ""
    text += "\(counted(steps.count, "step")), \(memory)\n"
    for (index, step) in steps.enumerated() { text += "\n\(index + 1). \(step)" }
    return idleNodes.isEmpty ? text : text + "\nwithout a step: \(list(idleNodes))\n"
  }
}

extension PlanDescription.Step: CustomStringConvertible {
  /// A multi-line description for people.
  public var description: String {
    var text = stepSummary(operation, algorithm, shape) + "\n"
    func add(_ title: String, _ content: String) {
      if !content.isEmpty { text += "   \(title)\(String(repeating: " ", count: 9 - title.count))\(content)\n" }
    }
    add("measured", measuredChoices.joined(separator: ", "))
    add("nodes", list(nodes))
    add("fused", list(fused))
    add("reads", reads.map(\.description).joined(separator: ", "))
    add("writes", writes.map(\.description).joined(separator: ", "))
    add("scratch", threadByteCount == 0 ? "" : "\(threadByteCount) bytes for each thread")
    return text
  }
}

extension PlanDescription.Operand: CustomStringConvertible {
  /// The memory and the order of the elements in it.
  public var description: String {
    switch place {
    case .constant, .packedConstant: return place.description
    default:
      let elements = elements.map { $0 == .float32 ? "" : " of \($0)" } ?? ""
      return place.description + elements + (firstElement == 0 ? "" : " from \(firstElement)") + layout.suffix
    }
  }
}

extension PlanDescription.Place: CustomStringConvertible {
  /// A short description, such as `arena 4096+1024` with an offset and a size.
  public var description: String {
    switch self {
    case .arena(let offset, let byteCount): "arena \(offset)+\(byteCount)"
    case .input(let name): "input \(String(quoting: name))"
    case .output(let name): "output \(String(quoting: name))"
    case .tensor(let name): "tensor \(String(quoting: name))"
    case .constant: "constant"
    case .packedConstant: "packed constant"
    }
  }
}

extension PlanDescription.Elements: CustomStringConvertible {
  /// A short description, such as `bytes`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .bfloat16: "bfloat16"
    case .splitBFloat16: "split bfloat16"
    case .bytes: "bytes"
    case .integers(let byteCount): "\(byteCount)-byte elements"
    }
  }
}

extension PlanDescription.Layout {
  fileprivate var suffix: String {
    switch self {
    case .rowMajor: ""
    case .channelsLast(let pixelStride): " channels last by \(pixelStride)"
    }
  }
}

private func list(_ names: [String]) -> String { names.map(String.init(printable:)).joined(separator: ", ") }

/// Returns a summary of a step, such as `Conv+Relu, Winograd 4×4, 1×64×56×56`.
func stepSummary(_ operation: String, _ algorithm: String, _ shape: [Int]) -> String {
  let sizes = shape.isEmpty ? "" : ", " + shape.map(String.init).joined(separator: "×")
  return "\(String(printable: operation)), \(algorithm)\(sizes)"
}
