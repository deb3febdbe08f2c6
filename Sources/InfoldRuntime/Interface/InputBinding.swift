import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Checks a caller's tensors against the model's declarations: element types, ranks and fixed
/// sizes, and, if declared shapes are binding, that a symbol has the same size everywhere.
struct InputBinding {
  private let inputs: [ValueInfo]
  private let declaredShapes: DeclaredShapes
  private let names: Set<String>

  /// Creates the binding for a model's inputs.
  init(_ inputs: [ValueInfo], _ declaredShapes: DeclaredShapes) {
    self.inputs = inputs
    self.declaredShapes = declaredShapes
    names = Set(inputs.map(\.name))
  }

  /// Returns the tensors in the model's order, with `nil` for inputs that use their default value.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if a name is not a graph input, or an input is
  ///   missing.
  func ordered(_ tensors: [String: Tensor], constants: Set<String>) throws(InfoldError) -> [Tensor?] {
    try requireInputs(tensors.keys, constants: constants)
    for input in inputs where tensors[input.name] == nil && !input.hasDefault {
      throw InfoldError(.invalidArgument, "missing input \(String(quoting: input.name))")
    }
    return inputs.map { tensors[$0.name] }
  }

  /// Checks that all names are names of inputs.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if a name is not a graph input.
  func requireInputs(_ given: some Sequence<String>, constants: Set<String>) throws(InfoldError) {
    for name in given.sorted() where !names.contains(name) {
      let reason =
        constants.contains(name)
        ? "is a constant of the model, not a graph input" : "is not a graph input of the model"
      throw InfoldError(
        .invalidArgument, "\(String(quoting: name)) \(reason)", hint: "the model's inputs are \(listOfNames)")
    }
  }

  /// Checks the tensors against the declarations.
  ///
  /// - Returns: The sizes of symbols.
  /// - Throws: `InfoldError.Code.invalidArgument`, with the name of the input, or with both inputs
  ///   and sizes if a symbol has two sizes.
  @discardableResult
  func check(_ tensors: [Tensor?]) throws(InfoldError) -> SymbolSizes {
    var symbols = SymbolSizes(declaredShapes)
    for case (let input, let tensor?) in zip(inputs, tensors) {
      try check(tensor, of: input, .input(input.name), &symbols)
    }
    return symbols
  }

  /// Returns the tensors of a run: those passed by the caller, and default values for the rest.
  /// Default values are checked against the declarations as well, and against the sizes of the
  /// passed tensors.
  ///
  /// - Precondition: Each input has a tensor or a default value, as `ordered` has checked.
  /// - Throws: The errors of `check(_:)`.
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
        preconditionFailure("the input \(input.name) has neither a tensor nor a default value")
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
        .invalidArgument, "\(source) has element type \(tensor.elementType), but the model expects \(type)")
    }
    if let shape = type.shape { try symbols.bind(shape, to: Shape(tensor.shape), of: source) }
  }

  private var listOfNames: String {
    inputs.map { String(quoting: $0.name) }.joined(separator: ", ")
  }
}
