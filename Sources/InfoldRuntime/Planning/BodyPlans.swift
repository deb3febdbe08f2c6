import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A body of an If or a Loop during execution, with plans for the most recent input shapes.
final class BodyPlans: Sendable {
  /// The body. Captured values are additional inputs, or constants if they are the same in every
  /// run.
  private let graph: Graph
  /// The indices of the additional inputs in the node's list of captured values.
  private let captured: [Int]
  /// The reason why the body cannot run; `nil` if it can.
  private let refusal: InfoldError?
  private let plans = SharedPlanCache(capacity: BodyPlans.capacity)

  /// The maximum number of plans, as for a session.
  private static let capacity = 8
  /// The nesting depth up to which bodies are planned before a run. Passes process all bodies of a
  /// graph, so planning deeper bodies ahead would process nested ones repeatedly.
  private static let depthAhead = 2

  /// - Parameter constants: For each captured value of the node, its tensor if it is the same in
  ///   every run.
  init(_ body: OperatorBody, constants: ArraySlice<Tensor?>) {
    var graph = body.graph
    // Kernels rely on the types of values. A faulty node would have only declared types, which may
    // be wrong.
    graph.keepsFaultyNodes = false
    var captured: [Int] = []
    for (id, place) in zip(graph.captures, body.captures) {
      if let tensor = constants[constants.startIndex + place] {
        graph[id].initializer = Initializer(tensor)
        graph[id].type = TensorType(tensor.elementType, Shape(tensor.shape))
      } else {
        graph.inputs.append(id)
        captured.append(place)
      }
    }
    graph.captures = []
    refusal = body.refusal
    self.graph = graph
    self.captured = captured
  }

  /// The cached plans.
  var kept: [RunPlan] { plans.kept }

  /// The number of multiply-accumulates in the body for the shapes that it was planned for.
  var multiplyAccumulates: Int {
    kept.reduce(0) { max($0, $1.steps.reduce(0) { $0 + $1.multiplyAccumulates }) }
  }

  /// Returns the working memory of the largest cached plan, in bytes.
  func workingByteCount(workers: Int) -> Int {
    kept.reduce(0) { max($0, $1.workingByteCount(workers: workers)) }
  }

  /// Makes the plan for the inputs of a run if their types are known. A body that cannot run is
  /// rejected only when a run reaches it.
  ///
  /// - Parameters:
  ///   - types: The types of the body's own inputs.
  ///   - outer: The types of the node's captured values.
  /// - Throws: The error that interrupts the preparation of the session.
  func prepare(
    _ types: [TensorType?], captured outer: ArraySlice<TensorType?>, _ factory: PlanFactory
  ) throws(InfoldError) {
    let all = types + captured.map { outer[outer.startIndex + $0] }
    let inputs = all.compactMap { $0.flatMap(PlanCache.Input.init) }
    guard factory.depth < Self.depthAhead, inputs.count == graph.inputs.count else { return }
    do throws(InfoldError) {
      _ = try plan(for: inputs, factory, Cancellation(.none, timeLimit: nil))
    } catch {
      try Interruption.check()
    }
  }

  /// Runs the body and returns its outputs.
  ///
  /// - Parameter outer: The node's captured values.
  func run(
    _ given: [Tensor], captured outer: ArraySlice<Tensor?>, in context: RunContext, _ cancellation: Cancellation
  ) throws(InfoldError) -> [Tensor] {
    var tensors = given
    for place in captured {
      guard let tensor = outer[outer.startIndex + place] else {
        throw InfoldError(.invalidModel, "missing input: the body captures an omitted value")
      }
      tensors.append(tensor)
    }
    var plan = plans.plan(for: tensors)
    if plan == nil { plan = try self.plan(for: tensors.map(PlanCache.Input.init), context.factory, cancellation) }
    var results: [Tensor] = []
    try plan!.parts[0].run(tensors, into: &results, budget: context.factory.budget, in: context.inBody)
    return results
  }

  private func plan(
    for inputs: [PlanCache.Input], _ factory: PlanFactory, _ cancellation: Cancellation
  ) throws(InfoldError) -> RunPlan {
    if let refusal { throw refusal }
    return try plans.plan(
      for: inputs, cancellation,
      inserted: { plans in
        factory.arenas.raiseLimit(plans.reduce(0) { max($0, $1.workingByteCount(workers: factory.workers)) })
      }
    ) { () throws(InfoldError) in
      RunPlan([PlanPart(try factory.inBody.bodyPlan(typed(inputs)))])
    }
  }

  /// Returns the body with inputs of these types. Declared types of other values are trusted no
  /// more than in the surrounding graph.
  private func typed(_ inputs: [PlanCache.Input]) -> Graph {
    var graph = graph
    for (id, input) in zip(graph.inputs, inputs) {
      graph[id].type = TensorType(input.elementType, Shape(input.shape))
    }
    return graph.trustingOnlyInputs()
  }
}
