import InfoldSystem
import InfoldTensor

/// An operator that evaluates bodies. Its inputs are those of the node, followed by the values that
/// the node captures.
///
/// It is never evaluated ahead of time. An evaluation does not call the shape rule, which would
/// infer all bodies again. Instead it checks its own assumptions, and the nodes of the bodies are
/// checked one by one.
package protocol BodyOperator: Operator {
  /// The bodies, in the order of the indices in `evaluate` and `firstBodyInputs`.
  var bodies: [OperatorBody] { get }

  /// Whether the bodies consist of nodes of the surrounding graph, which are planned at run time.
  /// `false` by default.
  static var isOutlined: Bool { get }

  /// Returns the input types of each body in its first run, as far as they follow from the types of
  /// the node's inputs.
  func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]]

  /// Returns whether the shapes of body inputs may change between runs of the body although the
  /// shapes of the node's inputs are known.
  func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool

  /// Computes the outputs.
  /// - Parameter run: Runs the body of the given index with its inputs and the values that the node
  ///   captures.
  func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?]
}

extension BodyOperator {
  package static var isOutlined: Bool { false }

  /// The total extent of the bodies.
  package var extent: BodyExtent { bodies.reduce(BodyExtent(nodes: 0, depth: 0)) { $0 + $1.extent } }

  /// Computes the outputs by running the bodies node by node.
  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    var evaluators = [ReferenceEvaluator?](repeating: nil, count: bodies.count)
    return try evaluate(inputs, context) { (body, inputs, captured) throws(InfoldError) -> [Tensor] in
      if evaluators[body] == nil { evaluators[body] = try bodies[body].evaluator(context) }
      return try bodies[body].run(evaluators[body]!, inputs: inputs, captured: captured)
    }
  }
}

/// The size of bodies, including called functions and nested bodies.
package struct BodyExtent: Sendable {
  /// The number of nodes.
  package var nodes: Int
  /// The nesting depth of bodies and functions.
  package var depth: Int

  /// Returns the combined extent of two bodies at the same level.
  package static func + (a: BodyExtent, b: BodyExtent) -> BodyExtent {
    BodyExtent(nodes: a.nodes + b.nodes, depth: max(a.depth, b.depth))
  }
}

/// A body of If or Loop: a graph that captures values of the surrounding graph by name.
package struct OperatorBody: Sendable {
  package let graph: Graph
  /// For each value that the body captures, its index among the captures of the node.
  package let captures: [Int]
  /// The number of values that the node captures for all of its bodies.
  package let capturedCount: Int
  /// The size of the body.
  package let extent: BodyExtent
  /// The reason why the body cannot be run, or `nil` if it can.
  package let refusal: InfoldError?

  /// The maximum nesting depth of bodies and functions. Each level takes stack space.
  static let maximumDepth = 32

  /// - Parameters:
  ///   - name: The name of the attribute, for error messages.
  ///   - capturedNames: The names of all values that the node captures, in the node's order.
  /// - Throws: `InfoldError.Code.unsupported` if bodies are nested too deeply.
  init(_ graph: Graph, called name: String, capturedNames: [String]) throws(InfoldError) {
    do throws(InfoldError) {
      try graph.requireNoOpaqueNodes()
      refusal = nil
    } catch {
      refusal = InfoldError(error.code, "\(name): \(error.reason)", hint: error.hint)
    }
    self.graph = graph
    capturedCount = capturedNames.count
    extent = graph.extent
    guard extent.depth <= Self.maximumDepth else {
      throw InfoldError(
        .unsupported, "\(name): bodies and functions are nested more than \(Self.maximumDepth) deep")
    }
    captures = graph.captures.map { capture in capturedNames.firstIndex(of: graph[capture].name)! }
  }

  /// Checks that the body can be run.
  /// - Throws: `refusal`.
  package func requireRunnable() throws(InfoldError) {
    if let refusal { throw refusal }
  }

  /// Returns the types of the outputs for inputs of these types; `nil` for unknown ones.
  /// - Parameters:
  ///   - captured: The types of the values that the node captures.
  ///   - constants: The tensors of those that are known.
  package func outputTypes(
    inputs: [TensorType], captured: ArraySlice<TensorType?>, constants: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [TensorType?] {
    try requireRunnable()
    // Nested loops, each inferred several times, would take time exponential in their depth.
    return try BodyNodeBudget.$inference.counting(
      orElse: BodyNodeBudget(
        limit: 64 * extent.nodes + 64, code: .unsupported,
        "bodies are nested too deeply for type inference")
    ) { (allowance) throws(InfoldError) in
      try allowance.take(graph.nodes.count)
      return try inferredOutputTypes(inputs, captured, constants)
    }
  }

  private func inferredOutputTypes(
    _ inputs: [TensorType], _ captured: ArraySlice<TensorType?>, _ constants: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [TensorType?] {
    var known = graph
    // An error in a body is an error of the node.
    known.keepsFaultyNodes = false
    for (id, type) in zip(graph.inputs, inputs) { known[id].type = type }
    try requireCaptured(captured.count)
    for (id, place) in zip(graph.captures, captures) {
      guard let type = captured[captured.startIndex + place] else { continue }
      known[id].type = type
      if let tensor = constants[constants.startIndex + place] { known[id].initializer = Initializer(tensor) }
    }
    var inference = Inference(known)
    try inference.run()
    WarningCollector.current?.add(inference.warnings)
    return graph.outputs.map { inference.graph[$0].type }
  }

  /// Returns an evaluator of the body.
  func evaluator(_ context: EvaluationContext) throws(InfoldError) -> ReferenceEvaluator {
    try requireRunnable()
    return try ReferenceEvaluator(graph, precision: context.precision)
  }

  /// Runs the body.
  func run(
    _ evaluator: ReferenceEvaluator, inputs: [Tensor], captured: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [Tensor] {
    try requireCaptured(captured.count)
    var given: [ValueID: Tensor] = [:]
    for (id, tensor) in zip(graph.inputs, inputs) { given[id] = tensor }
    for (id, place) in zip(graph.captures, captures) { given[id] = captured[captured.startIndex + place] }
    return try evaluator.run(body: given)
  }

  private func requireCaptured(_ count: Int) throws(InfoldError) {
    guard captures.allSatisfy({ $0 < count }) else {
      throw InfoldError(.invalidModel, "the node captures fewer values than its bodies read")
    }
  }
}

extension Graph {
  /// The size of the graph as a body.
  fileprivate var extent: BodyExtent {
    let inner = nodes.reduce(BodyExtent(nodes: nodes.count, depth: 0)) { sum, node in
      guard let extent = node.body?.extent ?? (node.typed as? any BodyOperator)?.extent else { return sum }
      return sum + extent
    }
    return BodyExtent(nodes: inner.nodes, depth: inner.depth + 1)
  }
}
