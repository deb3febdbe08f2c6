import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What a caller gives to a model and gets of it, by names: the same for every way to run it.
package struct ModelInterface: Sendable {
  /// In the model's order.
  let inputs: [ValueInfo]
  /// In the model's order.
  let outputs: [ValueInfo]
  /// The file that the model was read from, for messages.
  let file: String?
  let binding: InputBinding
  private let claims: DeclaredOutputs
  /// By input; `nil` for those that have none.
  private let defaults: [Tensor?]
  private let constantNames: Set<String>

  /// The interface of a model's graph.
  /// - Throws: As `Graph.inferTypes()`.
  package init(_ graph: Graph, file: String?) throws(InfoldError) {
    inputs = graph.inputs.map(graph.info)
    outputs = try graph.outputs.map(graph.doubtingClaims().info)
    self.file = file
    claims = DeclaredOutputs(graph)
    binding = InputBinding(inputs, graph.declaredShapes)
    defaults = graph.inputs.map { graph[$0].initializer?.tensor }
    constantNames = Set(graph.valueIDs.filter(graph.isConstant).map { graph[$0].name })
  }

  /// The tensors of all inputs, in the model's order.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is no input, an input that is missing, and a tensor that the model
  ///   does not take.
  package func completed(_ tensors: [String: Tensor]) throws(InfoldError) -> [Tensor] {
    try binding.completed(binding.ordered(tensors, constants: constantNames), defaults: defaults)
  }

  /// Checks that all names are those of inputs.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is none.
  func requireInputs(_ names: some Sequence<String>) throws(InfoldError) {
    try binding.requireInputs(names, constants: constantNames)
  }

  /// The only tensor that is given, by the name of the only input that needs one.
  /// - Throws: `InfoldError` with `.invalidArgument` for a model with more inputs or outputs.
  func named(_ input: Tensor) throws(InfoldError) -> [String: Tensor] {
    let needed = inputs.filter { !$0.hasDefault }
    guard needed.count == 1, outputs.count == 1 else {
      throw InfoldError(
        .invalidArgument,
        "one tensor is given for one result, and the model needs \(counted(needed.count, "input")) and has \(counted(outputs.count, "output"))",
        hint: "give inputs by their names")
    }
    return [needed[0].name: input]
  }

  /// The results by the names of the outputs.
  func named(_ results: [Tensor]) -> [String: Tensor] {
    Dictionary(zip(outputs.map(\.name), results)) { first, _ in first }
  }

  /// What the model declares and a run has shown to be otherwise.
  func warnings(of results: [Tensor], _ symbols: SymbolSizes) -> [ModelWarning] {
    symbols.warnings + claims.contradictions(of: results, symbols)
  }

  /// Runs `body`, whose errors name the file.
  func inFile<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try annotatingErrors({ file.map($0.inFile) ?? $0 }, body)
  }
}

extension ModelInterface: CustomStringConvertible {
  /// The file, the inputs and the outputs, behind the name of what runs them.
  package var description: String {
    func list(_ values: [ValueInfo]) -> String { values.map(\.description).joined(separator: ", ") }
    return (file.map { " of " + String(quoting: $0) } ?? "") + ": (\(list(inputs))) to (\(list(outputs)))"
  }
}
