import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A body of an If or a Loop as a run goes through it: the plans for the shapes that it has met, of which the latest are kept.
final class BodyPlans: Sendable {
  /// The body, with what it captures as further inputs, or as constants where it is the same in every run.
  private let graph: Graph
  /// The places of the further inputs among what the node captures.
  private let captured: [Int]
  /// Why the body cannot be run; `nil` where nothing speaks against it.
  private let refusal: InfoldError?
  private let plans = SharedPlanCache(capacity: BodyPlans.capacity)

  /// The most plans that are kept: as many as by a session.
  private static let capacity = 8
  /// The depth in bodies up to which plans are made before any run. Passes look into all bodies of a graph, and would do so again and
  /// again for bodies in bodies.
  private static let depthAhead = 2

  /// - Parameter constants: Of what the node captures, the tensors that are the same in every run.
  init(_ body: OperatorBody, constants: ArraySlice<Tensor?>) {
    var graph = body.graph
    // Kernels trust what is declared of values, which for a node that its operator refuses is all that there is.
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

  /// The plans that are kept.
  var kept: [RunPlan] { plans.kept }

  /// The multiplications with an addition in the body, for the shapes that it has been planned for.
  var multiplyAccumulates: Int {
    kept.reduce(0) { max($0, $1.steps.reduce(0) { $0 + $1.multiplyAccumulates }) }
  }

  /// The bytes of working memory that the largest plan needs which is kept.
  func workingByteCount(workers: Int) -> Int {
    kept.reduce(0) { max($0, $1.workingByteCount(workers: workers)) }
  }

  /// Makes the plan for what a run will bring, where that is known. A body that cannot run is refused when a run comes to it.
  /// - Parameters:
  ///   - types: Those of the body's own inputs.
  ///   - outer: Those of what the node captures.
  /// - Throws: What ends the session's preparation.
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

  /// The outputs.
  /// - Parameter outer: What the node captures.
  func run(
    _ given: [Tensor], captured outer: ArraySlice<Tensor?>, in context: RunContext, _ cancellation: Cancellation
  ) throws(InfoldError) -> [Tensor] {
    var tensors = given
    for place in captured {
      guard let tensor = outer[outer.startIndex + place] else {
        throw InfoldError(.invalidModel, "the body uses a value that is left out")
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

  /// The body for inputs of these types. What it declares of others counts no more than in the graph around it.
  private func typed(_ inputs: [PlanCache.Input]) -> Graph {
    var graph = graph
    for (id, input) in zip(graph.inputs, inputs) {
      graph[id].type = TensorType(input.elementType, Shape(input.shape))
    }
    return graph.believingInputs()
  }
}
