import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// If and Loop end within limits, whatever a model requests.
@Suite struct ControlFlowLimitsTests {
  /// `depth` nested Loops without a trip count or condition. The loop-carried value of each one grows.
  private func loops(_ depth: Int) throws -> Graph {
    var body = NetworkBuilder(seed: 1)
    _ = body.input([], "trip", of: .int64)
    let condition = body.input([], "condition", of: .bool), list = body.input([2, 3], "list")
    let inner =
      depth == 1
      ? try body.node("Concat", [list, list], ["axis": .int(0)])
      : try body.node("Loop", [nil, nil, list], ["body": .graph(loops(depth - 1))])
    let next = try body.node("Concat", [inner, inner], ["axis": .int(1)])
    return try body.body(outputs: [condition, next], captures: [])
  }

  private func graph(depth: Int, trips: Int64? = nil) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input([2, 3], "x")
    let count = try trips.map { network.constant(try Tensor(scalar: $0)) }
    let y = try network.node("Loop", [count, nil, x], ["body": .graph(loops(depth))])
    return try network.finished(y)
  }

  /// The body of each loop is inferred several times for each inference of the enclosing loop.
  @Test func loopsInsideEachOther() throws {
    let open = try graph(depth: 2)
    #expect(open[open.outputs[0]].type?.shape == [.unknown, .unknown])
    _ = try Session(graph(depth: 24).model)
    #expect(try errorCode { _ = try Session(graph(depth: 40).model) } == .unsupported)
  }

  /// A loop that would run for long, in both precisions: it ends by the memory limit, its iterations, or cancellation.
  @Test(arguments: [EvaluationContext.Precision.declared, .double])
  func loopsThatGoOn(precision: EvaluationContext.Precision) throws {
    let growing = try graph(depth: 1, trips: .max), x = try Tensor(zeros: [2, 3], of: .float32)
    let evaluator = try ReferenceEvaluator(growing, precision: precision, memoryLimit: 1 << 20)
    #expect(try errorCode { _ = try evaluator.run([growing.inputs[0]: x]) } == .limitExceeded)
    let asked = Atomic(0)
    let code = try errorCode {
      try Interruption.asking({
        asked.add(1, ordering: .relaxed).newValue == 5 ? InfoldError(.cancelled, "nobody waits") : nil
      }) { () throws(InfoldError) in _ = try evaluator.run([growing.inputs[0]: x]) }
    }
    #expect(code == .cancelled)
    #expect(asked.load(ordering: .relaxed) == 5)
  }

  /// A node whose only limit is the trip count, without loop-carried values.
  @Test func tripsAlone() throws {
    var body = NetworkBuilder()
    let trip = body.input([], "trip", of: .int64), condition = body.input([], "condition", of: .bool)
    let offset = body.capture("offset")
    let sum = try body.node("Add", [trip, offset])
    var network = NetworkBuilder()
    let trips = network.input([], "trips", of: .int64), value = network.input([], "offset", of: .int64)
    let y = try network.node(
      "Loop", [trips], ["body": .graph(body.body(outputs: [condition, sum], captures: [offset]))], captures: [value])
    let session = try Session(try network.finished(y).model)
    for count in [0, 3] as [Int64] {
      let results = try session.run(["trips": try Tensor(scalar: count), "offset": try Tensor(scalar: Int64(5))])
      #expect(results[session.outputs[0].name] == (try Tensor(shape: [Int(count)], Array(5..<(5 + count)))))
    }
  }
}
