import InfoldGraph
import InfoldSystem
import InfoldTensor

/// One node, run by its operator's reference evaluation on tensors.
struct ReferenceStep: Step {
  /// Where an input comes from.
  enum Operand: Sendable {
    /// The tensor that the frame holds for the value with this index.
    case tensor(Int)
    /// Planned memory in row-major order, which is copied.
    case memory(Location, sizes: [Int], ElementType)
  }

  let node: Node
  let label: String
  let inputs: [Operand?]
  /// The indices of the values that the node makes.
  let outputs: [Int?]
  /// What the plan believes of the outputs. The model may have declared what only a run can prove wrong.
  let types: [TensorType?]
  /// What the tensors that it makes count in.
  var budget: MemoryBudget

  var tensors: (reads: [Int], writes: [Int]) {
    let reads = inputs.compactMap { input -> Int? in
      if case .tensor(let index)? = input { index } else { nil }
    }
    return (reads, outputs.compactMap { $0 })
  }

  func tasks(phase: Int, workers: Int) -> Int { 1 }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    do {
      try budget.charging { () throws(InfoldError) in try run(in: frame) }
    } catch {
      frame.failure = error
    }
  }

  private func run(in frame: Frame) throws(InfoldError) {
    var operands: [Tensor?] = []
    for input in inputs {
      switch input {
      case .tensor(let index): operands.append(frame.tensors[index])
      case .memory(let location, let sizes, let elementType):
        var tensor = try Tensor(zeros: sizes, of: elementType)
        try tensor.withUnsafeMutableBytes { bytes in
          bytes.copyMemory(from: UnsafeRawBufferPointer(start: frame.address(location), count: bytes.count))
          let offset = location.format.offset
          if offset != 0 { for index in bytes.indices { bytes[index] ^= offset } }
        }
        operands.append(tensor)
      case nil: operands.append(nil)
      }
    }
    let results = try annotatingErrors({ $0.atNode(label) }) { [operands] () throws(InfoldError) in
      guard node.typed is any BodyOperator, let cancellation = frame.cancellation else {
        return try node.evaluate(operands)
      }
      return try cancellation.interrupting { () throws(InfoldError) in try node.evaluate(operands) }
    }
    for (index, output) in outputs.enumerated() {
      guard let output, let result = results[index] else { continue }
      if let type = types[index], result.elementType != type.elementType {
        throw InfoldError(
          .invalidModel, "the output \(index) is \(result); the model declares it as \(type)", node: label)
      }
      if let shape = types[index]?.shape, !shape.admits(result.shape) {
        throw InfoldError(
          .invalidModel, "the output \(index) has the shape \(result.shape); the model declares it as \(shape)",
          node: label)
      }
      frame.tensors[output] = result
    }
  }
}
