import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A run in double precision, by the operators' reference evaluations and without passes that rewrite: what faster and narrower
/// ones are held against.
struct DoubleEvaluation {
  /// The model's outputs, in its order.
  let outputs: [ValueInfo]
  private let graph: Graph
  private let binding: InputBinding
  private let claims: OutputClaims
  private let file: String?
  private let limits: ModelOptions

  /// - Parameter limits: The memory and the time that it may take.
  /// - Throws: `InfoldError` with `.unsupported` for nodes that no input could make runnable.
  init(_ model: Model, _ limits: ModelOptions) throws(InfoldError) {
    outputs = model.graph.outputs.map(model.graph.info)
    binding = InputBinding(model.graph.inputs.map(model.graph.info), model.graph.declaredShapes)
    claims = OutputClaims(model.graph)
    graph = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      var graph = try InlineBodies().run(on: model.graph.believingInputs()).graph
      try graph.inferTypes()
      try graph.requireRunnableOnceBound()
      return graph
    }
    file = model.path
    self.limits = limits
  }

  /// Runs the model.
  /// - Parameters:
  ///   - inputs: A tensor for each input by its name; those with a default may be left out.
  ///   - progress: Called after each node with the share of the work that is done, 0 to 1.
  /// - Returns: Every output by its name, in which floating-point numbers are float64, and what the run has shown to be declared
  ///   otherwise.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model; the error of an operator, naming its
  ///   node.
  func run(
    _ inputs: [String: Tensor], progress: (Double) -> Void = { _ in }
  ) throws(InfoldError) -> (results: [String: Tensor], warnings: [ModelWarning]) {
    try annotatingErrors({ file.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try limits.limiting { () throws(InfoldError) in try evaluate(inputs, progress) }
    }
  }

  private func evaluate(
    _ inputs: [String: Tensor], _ progress: (Double) -> Void
  ) throws(InfoldError) -> (results: [String: Tensor], warnings: [ModelWarning]) {
    let given = try binding.ordered(inputs, constants: [])
    let symbols = try binding.check(given)
    var types: [ValueID: TensorType] = [:]
    for case (let id, let tensor?) in zip(graph.inputs, given) {
      types[id] = TensorType(tensor.elementType, Shape(tensor.shape))
    }
    let bound = try OptimizationPipeline.asWritten.run(on: graph.binding(inputs: types))
    var tensors: [ValueID: Tensor] = [:]
    for case (let id, let tensor?) in zip(bound.inputs, given) { tensors[id] = tensor }
    let work = bound.nodes.map(bound.work)
    let total = work.reduce(0, +)
    var done = 0.0
    let results = try ReferenceEvaluator(bound, precision: .double).run(tensors) {
      id, _, _ in
      done += work[id.index]
      progress(done / total)
    }
    return (
      Dictionary(zip(outputs.map(\.name), results)) { first, _ in first },
      symbols.warnings + claims.contradictions(of: results, symbols)
    )
  }
}

extension Graph {
  /// About how long the reference evaluation of a node takes, in multiplications.
  fileprivate func work(_ node: Node) -> Double {
    let elements = node.definitions.reduce(0.0) { sum, id in
      sum + (self[id].type?.shape?.dimensions.reduce(1.0) { $0 * Double($1.size ?? 1) } ?? 1)
    }
    return Double(multiplyAccumulates(of: node) ?? 0) + 4 * elements + 1
  }
}
