import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The named inputs and outputs of a model, for every way of running it.
package struct ModelInterface: Sendable {
  /// The inputs, in the model's order.
  let inputs: [ValueInfo]
  /// The outputs, in the model's order.
  let outputs: [ValueInfo]
  /// The path of the model's file, for messages.
  let file: String?
  let binding: InputBinding
  private let claims: DeclaredOutputs
  /// The default value of each input, or `nil`.
  private let defaults: [Tensor?]
  private let constantNames: Set<String>

  /// Collects the interface of a model's graph.
  ///
  /// - Throws: The errors of `Graph.inferTypes()`.
  package init(_ graph: Graph, file: String?) throws(InfoldError) {
    inputs = graph.inputs.map(graph.info)
    outputs = try graph.outputs.map(graph.replacingDeclaredTypes().info)
    self.file = file
    claims = DeclaredOutputs(graph)
    binding = InputBinding(inputs, graph.declaredShapes)
    defaults = graph.inputs.map { graph[$0].initializer?.tensor }
    constantNames = Set(graph.valueIDs.filter(graph.isConstant).map { graph[$0].name })
  }

  /// Returns the tensors of all inputs, in the model's order.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if a name is not a graph input, an input is
  ///   missing, or a tensor does not fit its declaration.
  package func completed(_ tensors: [String: Tensor]) throws(InfoldError) -> [Tensor] {
    try binding.completed(binding.ordered(tensors, constants: constantNames), defaults: defaults)
  }

  /// Checks that all names are names of inputs.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if a name is not a graph input.
  func requireInputs(_ names: some Sequence<String>) throws(InfoldError) {
    try binding.requireInputs(names, constants: constantNames)
  }

  /// Returns the tensor by the name of the only required input.
  ///
  /// - Throws: `InfoldError.Code.invalidArgument` if the model has more required inputs or more
  ///   outputs.
  func named(_ input: Tensor) throws(InfoldError) -> [String: Tensor] {
    let needed = inputs.filter { !$0.hasDefault }
    guard needed.count == 1, outputs.count == 1 else {
      throw InfoldError(
        .invalidArgument,
        "one tensor was passed for one result, but the model needs \(counted(needed.count, "input")) and "
          + "has \(counted(outputs.count, "output"))",
        hint: "pass inputs by name")
    }
    return [needed[0].name: input]
  }

  /// Returns the results by the names of the outputs.
  func named(_ results: [Tensor]) -> [String: Tensor] {
    Dictionary(zip(outputs.map(\.name), results)) { first, _ in first }
  }

  /// Returns warnings about declarations that a run has proved wrong.
  func warnings(of results: [Tensor], _ symbols: SymbolSizes) -> [ModelWarning] {
    symbols.warnings + claims.contradictions(of: results, symbols)
  }

  /// Runs `body` and adds the file to its errors.
  func inFile<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try annotatingErrors({ file.map($0.inFile) ?? $0 }, body)
  }
}

extension ModelInterface: CustomStringConvertible {
  /// The file, the inputs and the outputs, to be appended to the name of a type that runs the
  /// model.
  package var description: String {
    func list(_ values: [ValueInfo]) -> String { values.map(\.description).joined(separator: ", ") }
    return (file.map { " of " + String(quoting: $0) } ?? "") + ": (\(list(inputs))) to (\(list(outputs)))"
  }
}
