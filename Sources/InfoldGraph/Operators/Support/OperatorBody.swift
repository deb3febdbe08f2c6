import Synchronization

/// An operator that evaluates bodies. Its inputs are those of the node, and behind them the values that the node captures.
protocol BodyOperator: Operator {}

/// A body of If or Loop: a graph that is evaluated with values of the graph around it, which it captures by their names.
struct OperatorBody: Sendable {
  let graph: Graph
  /// For each value that the body captures, its place among those of the node.
  private let captures: [Int]
  /// The values that the node captures, for all of its bodies.
  let capturedCount: Int

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
    captures = graph.captures.map { capture in capturedNames.firstIndex(of: graph[capture].name)! }
  }

  /// The types of the outputs, for inputs and captured values of these types; `nil` for what is not known.
  func outputTypes(inputs: [TensorType], captured: ArraySlice<TensorType?>) throws(InfoldError) -> [TensorType?] {
    var known = graph
    for (id, type) in zip(graph.inputs, inputs) { known[id].type = type }
    guard captures.allSatisfy({ $0 < captured.count }) else {
      throw InfoldError(.invalidModel, "the node captures fewer values than its bodies use")
    }
    for (id, place) in zip(graph.captures, captures) {
      guard let type = captured[captured.startIndex + place] else { continue }
      known[id].type = type
    }
    var inference = Inference(known)
    try inference.run()
    return graph.outputs.map { inference.graph[$0].type }
  }

  /// An evaluator of the body.
  func evaluator(_ context: EvaluationContext) throws(InfoldError) -> ReferenceEvaluator {
    try ReferenceEvaluator(graph, precision: context.precision)
  }

  /// The outputs.
  func run(
    _ evaluator: ReferenceEvaluator, inputs: [Tensor], captured: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [Tensor] {
    var given: [ValueID: Tensor] = [:]
    for (id, tensor) in zip(graph.inputs, inputs) { given[id] = tensor }
    for (id, place) in zip(graph.captures, captures) { given[id] = captured[captured.startIndex + place] }
    return try evaluator.run(body: given)
  }
}

/// Counts the nodes that bodies of loops evaluate, so that no loop goes on for ever.
final class LoopAllowance: Sendable {
  /// The nodes that the bodies of a loop, and of those inside of it, may evaluate.
  static let nodeLimit = 1 << 18

  @TaskLocal static var current: LoopAllowance?

  private let rest = Mutex(nodeLimit)

  /// - Throws: `InfoldError` with `.limitExceeded` when there are not so many left.
  func take(_ count: Int) throws(InfoldError) {
    let isEnough = rest.withLock { rest in
      rest -= max(count, 1)
      return rest >= 0
    }
    guard isEnough else {
      throw InfoldError(
        .limitExceeded, "the loop goes on after the nodes of its body were evaluated \(Self.nodeLimit) times in all")
    }
  }

  /// Runs a loop with the allowance of the one that it is in, or else with its own.
  static func counting<Output>(_ body: (LoopAllowance) throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    if let current { return try body(current) }
    let allowance = LoopAllowance()
    // `withValue` does not keep the type of errors.
    let outcome: Result<Output, InfoldError> = $current.withValue(allowance) {
      do throws(InfoldError) {
        return .success(try body(allowance))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
