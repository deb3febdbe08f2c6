import InfoldSystem
import InfoldTensor

/// An operator that evaluates bodies. Its inputs are those of the node, and behind them the values that the node captures.
///
/// It is never evaluated ahead. Where it is evaluated, the shape rule is not asked, which would go into all bodies again: it checks what
/// it relies on, and the nodes of the bodies are checked one by one.
package protocol BodyOperator: Operator {
  /// The extent of its bodies, taken together.
  var extent: BodyExtent { get }
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
  private let captures: [Int]
  /// The values that the node captures, for all of its bodies.
  package let capturedCount: Int
  /// How much there is in the body.
  package let extent: BodyExtent

  /// The most bodies and functions that may lie inside each other, since each takes its part of the stack.
  static let maximumDepth = 32

  /// - Parameters:
  ///   - name: The attribute, for messages.
  ///   - capturedNames: The names of all values that the node captures, in the node's order.
  /// - Throws: `InfoldError` with `.unsupported` where the body has a node that cannot be run.
  init(_ graph: Graph, called name: String, capturedNames: [String]) throws(InfoldError) {
    try annotatingErrors({ InfoldError($0.code, "\(name): \($0.reason)", hint: $0.hint) }) { () throws(InfoldError) in
      try graph.requireNoOpaqueNodes()
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

  /// The types of the outputs, for inputs and captured values of these types; `nil` for what is not known.
  package func outputTypes(inputs: [TensorType], captured: ArraySlice<TensorType?>) throws(InfoldError) -> [TensorType?]
  {
    // Loops inside of each other, each inferred several times, would take time exponential in their depth.
    try BodyAllowance.$inference.counting(
      orElse: BodyAllowance(
        limit: 64 * extent.nodes + 64, code: .unsupported,
        "bodies lie too deep inside each other for the types of their values to be inferred")
    ) { (allowance) throws(InfoldError) in
      try allowance.take(graph.nodes.count)
      return try inferredOutputTypes(inputs, captured)
    }
  }

  private func inferredOutputTypes(
    _ inputs: [TensorType], _ captured: ArraySlice<TensorType?>
  ) throws(InfoldError) -> [TensorType?] {
    var known = graph
    for (id, type) in zip(graph.inputs, inputs) { known[id].type = type }
    try requireCaptured(captured.count)
    for (id, place) in zip(graph.captures, captures) {
      guard let type = captured[captured.startIndex + place] else { continue }
      known[id].type = type
    }
    var inference = Inference(known)
    try inference.run()
    WarningCollector.current?.add(inference.warnings)
    return graph.outputs.map { inference.graph[$0].type }
  }

  /// An evaluator of the body.
  package func evaluator(_ context: EvaluationContext) throws(InfoldError) -> ReferenceEvaluator {
    try ReferenceEvaluator(graph, precision: context.precision)
  }

  /// The outputs.
  package func run(
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
