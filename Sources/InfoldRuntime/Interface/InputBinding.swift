import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Holds what a caller gives against what the model declares: element types, ranks, fixed sizes, and, where declared shapes
/// bind, that a symbol means one size everywhere.
struct InputBinding {
  private let inputs: [ValueInfo]
  private let declaredShapes: DeclaredShapes
  private let names: Set<String>

  /// The inputs of a model.
  init(_ inputs: [ValueInfo], _ declaredShapes: DeclaredShapes) {
    self.inputs = inputs
    self.declaredShapes = declaredShapes
    names = Set(inputs.map(\.name))
  }

  /// The tensors in the model's order; `nil` where the default is to be used.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is no input, or an input that is missing.
  func ordered(_ tensors: [String: Tensor], constants: Set<String>) throws(InfoldError) -> [Tensor?] {
    try requireInputs(tensors.keys, constants: constants)
    for input in inputs where tensors[input.name] == nil && !input.hasDefault {
      throw InfoldError(.invalidArgument, "the input \(String(quoting: input.name)) is missing")
    }
    return inputs.map { tensors[$0.name] }
  }

  /// Checks that all names are those of inputs.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is none.
  func requireInputs(_ given: some Sequence<String>, constants: Set<String>) throws(InfoldError) {
    for name in given.sorted() where !names.contains(name) {
      let reason =
        constants.contains(name)
        ? "is a constant of the model, and cannot be given as an input" : "is no input of the model"
      throw InfoldError(
        .invalidArgument, "\(String(quoting: name)) \(reason)", hint: "its inputs are \(listOfNames)")
    }
  }

  /// Checks the tensors against the declarations.
  /// - Returns: The sizes of symbols.
  /// - Throws: `InfoldError` with `.invalidArgument`, naming the input, and for a symbol both inputs and sizes.
  @discardableResult
  func check(_ tensors: [Tensor?]) throws(InfoldError) -> SymbolSizes {
    var symbols = SymbolSizes(declaredShapes)
    for case (let input, let tensor?) in zip(inputs, tensors) {
      try check(tensor, of: input, .input(input.name), &symbols)
    }
    return symbols
  }

  /// The tensors of a run: those that are given, and defaults for the rest. A default is held against the declarations as
  /// well, and against the sizes that the given ones have.
  /// - Precondition: Each input has a tensor or a default, as `ordered` has checked.
  /// - Throws: As `check(_:)`.
  func completed(_ tensors: [Tensor?], defaults: [Tensor?]) throws(InfoldError) -> [Tensor] {
    var symbols = try check(tensors)
    var completed: [Tensor] = []
    for (index, input) in inputs.enumerated() {
      if let tensor = tensors[index] {
        completed.append(tensor)
      } else if let tensor = defaults[index] {
        try check(tensor, of: input, .default(input.name), &symbols)
        completed.append(tensor)
      } else {
        preconditionFailure("the input \(input.name) has neither a tensor nor a default")
      }
    }
    return completed
  }

  private func check(
    _ tensor: Tensor, of input: ValueInfo, _ source: SymbolSizes.Source, _ symbols: inout SymbolSizes
  ) throws(InfoldError) {
    guard let type = input.type else { return }
    guard tensor.elementType == type.elementType else {
      throw InfoldError(
        .invalidArgument, "\(source) has elements of type \(tensor.elementType); the model wants \(type)")
    }
    if let shape = type.shape { try symbols.bind(shape, to: Shape(tensor.shape), of: source) }
  }

  private var listOfNames: String {
    inputs.map { String(quoting: $0.name) }.joined(separator: ", ")
  }
}
