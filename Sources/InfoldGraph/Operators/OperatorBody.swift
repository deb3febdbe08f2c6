import InfoldSystem
import InfoldTensor

/// An operator that evaluates bodies. Its inputs are those of the node, and behind them the values that the node captures.
///
/// It is never evaluated ahead. Where it is evaluated, the shape rule is not asked, which would go into all bodies again: it checks what
/// it relies on, and the nodes of the bodies are checked one by one.
package protocol BodyOperator: Operator {
  /// The bodies, in the order in which `evaluate` and `firstBodyInputs` count them.
  var bodies: [OperatorBody] { get }

  /// Whether the bodies consist of nodes of the graph around the operator, which are planned in the run; not, by default.
  static var isOutlined: Bool { get }

  /// The types of what each body takes when it runs for the first time, as far as they follow from those of the node's inputs.
  func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]]

  /// Whether what the bodies take may have other shapes each time that they run, though the shapes of the node's inputs are known.
  func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool

  /// Computes the outputs.
  /// - Parameter run: Runs the body of this number, on its inputs and what the node captures.
  func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?]
}

extension BodyOperator {
  package static var isOutlined: Bool { false }

  /// The extent of its bodies, taken together.
  package var extent: BodyExtent { bodies.reduce(BodyExtent(nodes: 0, depth: 0)) { $0 + $1.extent } }

  /// Computes the outputs, with bodies that run node by node.
  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    var evaluators = [ReferenceEvaluator?](repeating: nil, count: bodies.count)
    return try evaluate(inputs, context) { (body, inputs, captured) throws(InfoldError) -> [Tensor] in
      if evaluators[body] == nil { evaluators[body] = try bodies[body].evaluator(context) }
      return try bodies[body].run(evaluators[body]!, inputs: inputs, captured: captured)
    }
  }
}

/// How much there is in bodies, with functions that they call and bodies inside of them.
package struct BodyExtent: Sendable {
  /// The nodes.
  package var nodes: Int
  /// How many bodies and functions lie inside each other.
  package var depth: Int

  /// The extent of two bodies side by side.
  package static func + (a: BodyExtent, b: BodyExtent) -> BodyExtent {
    BodyExtent(nodes: a.nodes + b.nodes, depth: max(a.depth, b.depth))
  }
}

/// A body of If or Loop: a graph that is evaluated with values of the graph around it, which it captures by their names.
package struct OperatorBody: Sendable {
  package let graph: Graph
  /// For each value that the body captures, its place among those of the node.
  package let captures: [Int]
  /// The values that the node captures, for all of its bodies.
  package let capturedCount: Int
  /// How much there is in the body.
  package let extent: BodyExtent
  /// Why the body cannot be run; `nil` where nothing speaks against it.
  package let refusal: InfoldError?

  /// The most bodies and functions that may lie inside each other, since each takes its part of the stack.
  static let maximumDepth = 32

  /// - Parameters:
  ///   - name: The attribute, for messages.
  ///   - capturedNames: The names of all values that the node captures, in the node's order.
  /// - Throws: `InfoldError` with `.unsupported` where bodies lie too deep inside each other.
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
        .unsupported, "\(name): more than \(Self.maximumDepth) bodies and functions lie inside each other")
    }
    captures = graph.captures.map { capture in capturedNames.firstIndex(of: graph[capture].name)! }
  }

  /// Checks that nothing speaks against running the body.
  /// - Throws: `refusal`.
  package func requireRunnable() throws(InfoldError) {
    if let refusal { throw refusal }
  }

  /// The types of the outputs, for inputs of these types; `nil` for what is not known.
  /// - Parameters:
  ///   - captured: The types of what the node captures.
  ///   - constants: Of that, the tensors that are known.
  package func outputTypes(
    inputs: [TensorType], captured: ArraySlice<TensorType?>, constants: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [TensorType?] {
    try requireRunnable()
    // Loops inside of each other, each inferred several times, would take time exponential in their depth.
    return try BodyNodeBudget.$inference.counting(
      orElse: BodyNodeBudget(
        limit: 64 * extent.nodes + 64, code: .unsupported,
        "bodies lie too deep inside each other for the types of their values to be inferred")
    ) { (allowance) throws(InfoldError) in
      try allowance.take(graph.nodes.count)
      return try inferredOutputTypes(inputs, captured, constants)
    }
  }

  private func inferredOutputTypes(
    _ inputs: [TensorType], _ captured: ArraySlice<TensorType?>, _ constants: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [TensorType?] {
    var known = graph
    // What is wrong in a body is wrong with the node.
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

  /// An evaluator of the body.
  func evaluator(_ context: EvaluationContext) throws(InfoldError) -> ReferenceEvaluator {
    try requireRunnable()
    return try ReferenceEvaluator(graph, precision: context.precision)
  }

  /// The outputs.
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
      throw InfoldError(.invalidModel, "the node captures fewer values than its bodies use")
    }
  }
}

extension Graph {
  /// The extent as a body.
  fileprivate var extent: BodyExtent {
    let inner = nodes.reduce(BodyExtent(nodes: nodes.count, depth: 0)) { sum, node in
      guard let extent = node.body?.extent ?? (node.typed as? any BodyOperator)?.extent else { return sum }
      return sum + extent
    }
    return BodyExtent(nodes: inner.nodes, depth: inner.depth + 1)
  }
}
