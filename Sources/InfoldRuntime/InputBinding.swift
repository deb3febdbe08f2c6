import InfoldGraph

/// Holds what a caller gives against what the model declares: element types, ranks, fixed sizes, and that a symbol
/// means one size everywhere.
package struct InputBinding {
  private let inputs: [ValueInfo]
  private let names: Set<String>

  /// The inputs of a model.
  package init(_ inputs: [ValueInfo]) {
    self.inputs = inputs
    names = Set(inputs.map(\.name))
  }

  /// The tensors in the model's order; `nil` where the default is to be used.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is no input, or an input that is missing.
  package func ordered(_ tensors: [String: Tensor], constants: Set<String>) throws(InfoldError) -> [Tensor?] {
    for name in tensors.keys.sorted() where !names.contains(name) {
      let reason =
        constants.contains(name)
        ? "is a constant of the model, and cannot be given as an input" : "is no input of the model"
      throw InfoldError(
        .invalidArgument, "\(String(quoting: name)) \(reason)", hint: "its inputs are \(listOfNames)")
    }
    for input in inputs where tensors[input.name] == nil && !input.hasDefault {
      throw InfoldError(.invalidArgument, "the input \(String(quoting: input.name)) is missing")
    }
    return inputs.map { tensors[$0.name] }
  }

  /// Checks the tensors against the declarations.
  /// - Throws: `InfoldError` with `.invalidArgument`, naming the input, and for a symbol both sizes.
  package func check(_ tensors: [Tensor?]) throws(InfoldError) {
    var bound: [String: (size: Int, input: String)] = [:]
    for (input, tensor) in zip(inputs, tensors) {
      guard let tensor, let type = input.type else { continue }
      let name = String(quoting: input.name)
      guard tensor.elementType == type.elementType else {
        throw InfoldError(
          .invalidArgument, "the input \(name) has elements of type \(tensor.elementType); the model wants \(type)")
      }
      guard let shape = type.shape else { continue }
      guard shape.rank == tensor.shape.count else {
        throw InfoldError(.invalidArgument, "the input \(name) has the shape \(tensor.shape); the model wants \(shape)")
      }
      for (dimension, size) in zip(shape, tensor.shape) {
        switch dimension {
        case .fixed(let wanted) where wanted != size:
          throw InfoldError(
            .invalidArgument, "the input \(name) has the shape \(tensor.shape); the model wants \(shape)")
        case .symbol(let symbol):
          if let first = bound[symbol], first.size != size {
            throw InfoldError(
              .invalidArgument,
              "the input \(name) has the shape \(tensor.shape), where the dimension \(dimension) is \(size); the input "
                + "\(String(quoting: first.input)) has made it \(first.size)")
          }
          bound[symbol] = bound[symbol] ?? (size, input.name)
        default: break
        }
      }
    }
  }

  private var listOfNames: String {
    inputs.map { String(quoting: $0.name) }.joined(separator: ", ")
  }
}
