import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

@Suite struct PlanDescriptionTests {
  /// Counts plans.
  private final class Counter: SessionObserver {
    let plans = Mutex(0)
    func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) { plans.withLock { $0 += 1 } }
  }

  /// A convolution, a function that only has a reference evaluation, and another convolution.
  private static func model(_ shape: Shape) throws -> Model {
    var network = NetworkBuilder()
    let a = try network.node("Conv", [network.input(shape), try network.weights([8, 4, 1, 1])], name: "first")
    let b = try network.reference(a, name: "middle")
    let c = try network.node("Conv", [b, try network.weights([4, 8, 1, 1])], name: "last")
    let kept = try network.node("Flatten", [c], name: "flat")
    return try network.finished(kept).model
  }

  @Test func saysWhereThingsLie() throws {
    let plan = try Session(Self.model([1, 4, 3, 3])).planDescription()
    #expect(plan.inputs.map(\.type?.description) == ["float32 [1, 4, 3, 3]"])
    let part = try #require(plan.parts.first)
    #expect(plan.parts.count == 1 && part.images == 1)
    let reference = try #require(part.steps.first { $0.algorithm == "reference" })
    #expect(reference.nodes == ["middle"])
    #expect(reference.writes.map(\.place) == [.tensor("middle.out")])
    #expect(reference.reads.allSatisfy { $0.layout == .rowMajor })
    let products = part.steps.filter { $0.operation == "Conv" && $0.algorithm == "1×1" }
    #expect(products.map(\.nodes) == [["first"], ["last"]])
    #expect(products.allSatisfy { $0.reads.contains { $0.place == .packedConstant } })
    #expect(products.map(\.multiplyAccumulates) == [9 * 4 * 8, 9 * 4 * 8])
    #expect(part.steps.contains { $0.reads.contains { $0.place == .input("x") } })
    #expect(part.steps.contains { $0.writes.contains { $0.place == .output("flat.out") } })
    for case .arena(let offset, let byteCount) in part.steps.flatMap({ $0.reads + $0.writes }).map(\.place) {
      #expect(offset >= 0 && byteCount > 0 && offset + byteCount <= part.sharedByteCount)
    }
  }

  /// Nodes without a step are listed as well.
  @Test func namesWhatTakesNoStep() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 3, 3])
    let halves = try (0..<2).map { _ in try network.node("Conv", [x, try network.weights([8, 4, 1, 1])]) }
    let joined = try network.node("Concat", halves, ["axis": .int(1)], name: "join")
    let graph = try network.finished(try network.node("GlobalAveragePool", [joined]))
    let part = try Session(graph.model).planDescription().parts[0]
    #expect(part.idleNodes == ["join"])
    #expect(part.steps.flatMap(\.fused) == ["placed in join.out", "placed in join.out"])
  }

  /// The plan is the one that runs use.
  @Test func keepsThePlanForRuns() throws {
    let counter = Counter()
    let session = try Session(Self.model(["N", 4, 3, "w"]), observer: counter)
    let first = try session.planDescription(for: ["x": [2, 4, 3, 5]])
    #expect(counter.plans.withLock { $0 } == 1)
    _ = try session.run(["x": Tensor(zeros: [2, 4, 3, 5], of: .float32)])
    #expect(counter.plans.withLock { $0 } == 1)
    #expect(try session.planDescription(for: ["x": [2, 4, 3, 5]]) == first)
    #expect(try session.planDescription(for: ["x": [2, 4, 3, 6]]) != first)
  }

  @Test func refusesShapesThatDoNotFit() throws {
    let session = try Session(Self.model(["N", 4, 3, "w"]))
    for shapes in [
      [:], ["x": [1, 5, 3, 3]], ["x": [1, 4, 3]], ["x": [1, 4, 3, 3], "z": [1]], ["x": [1, 4, 3, -1]],
    ] {
      #expect(try errorCode { _ = try session.planDescription(for: shapes) } == .invalidArgument, "\(shapes)")
    }
    let small = try Session(Self.model(["N", 4, 3, "w"]), options: SessionOptions(memoryLimit: 100_000))
    #expect(try errorCode { _ = try small.planDescription(for: ["x": [1000, 4, 3, 1000]]) } == .limitExceeded)
  }
}
