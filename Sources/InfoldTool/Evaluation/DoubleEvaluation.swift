import InfoldGraph
import InfoldPasses
import InfoldRuntime

/// A run in double precision, by the operators' reference evaluations and without passes that rewrite: what faster and narrower
/// ones are held against.
struct DoubleEvaluation {
  /// The model's outputs, in its order.
  let outputs: [ValueInfo]
  private let graph: Graph
  private let file: String?
  private let memoryLimit: Int?

  /// - Parameter memoryLimit: The most bytes that it takes; `nil` for three quarters of the machine's memory.
  /// - Throws: `InfoldError` with `.unsupported` for nodes that no input could make runnable.
  init(_ model: Model, memoryLimit: Int? = nil) throws(InfoldError) {
    graph = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      var graph = try InlineBodies().run(on: model.graph).graph
      try graph.inferTypes()
      try graph.requireRunnableOnceBound()
      return graph
    }
    file = model.path
    self.memoryLimit = memoryLimit
    outputs = graph.outputs.map(graph.info)
  }

  /// Runs the model.
  /// - Parameters:
  ///   - inputs: A tensor for each input by its name; those with a default may be left out.
  ///   - progress: Called after each node with the share of the work that is done, 0 to 1.
  /// - Returns: Every output by its name. Floating-point numbers are float64.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model; the error of an operator, naming its
  ///   node.
  func run(
    _ inputs: [String: Tensor], progress: (Double) -> Void = { _ in }
  ) throws(InfoldError) -> [String: Tensor] {
    try annotatingErrors({ file.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      let binding = InputBinding(graph.inputs.map(graph.info))
      let given = try binding.ordered(inputs, constants: [])
      try binding.check(given)
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
      let results = try ReferenceEvaluator(bound, precision: .double, memoryLimit: memoryLimit).run(tensors) {
        id, _, _ in
        done += work[id.index]
        progress(done / total)
      }
      return Dictionary(zip(outputs.map(\.name), results)) { first, _ in first }
    }
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
