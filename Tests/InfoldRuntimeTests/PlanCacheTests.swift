import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// The plans that a session makes and keeps.
@Suite(.serialized) struct PlanCacheTests {
  private final class Log: SessionObserver {
    private let plans = Mutex<[[Int]]>([])

    func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) { plans.withLock { $0.append(plan.inputShapes[0]) } }

    var batches: [Int] { plans.withLock { $0.map { $0[0] } } }
  }

  /// The identity. Whenever the shapes of a plan are inferred, it visits the gate.
  private struct Gated: UnaryOperator {
    static let name = "Gated"
    static let domain = "com.example"
    static let versions = [1]
    static let gate = Mutex(Gate())

    init(_ attributes: inout AttributeReader) throws(InfoldError) {}

    func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x }

    func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
      let type = try inputs.type(0, of: .floatingPoint)
      if type.shape?.sizes != nil { Self.gate.withLock { $0 }.visit() }
      return [type]
    }

    static func model() throws -> Model {
      var builder = ModelBuilder(operators: .standard.adding(Gated.self))
      let x = try builder.input("x", shape: ["N", 4])
      try builder.output(builder.node("Gated", [x], domain: domain), named: "y")
      return try builder.model()
    }
  }

  /// Counts visits, and holds the first one until the gate is opened.
  private final class Gate: Sendable {
    private let visits = Atomic(0)
    private let arrivals = Atomic(0)
    private let isOpen: Atomic<Bool>

    init(isOpen: Bool = true) {
      self.isOpen = Atomic(isOpen)
    }

    var count: Int { visits.load(ordering: .sequentiallyConsistent) }

    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

    /// Opens the gate when this number of visitors has arrived.
    func arrive(of count: Int) {
      if arrivals.add(1, ordering: .sequentiallyConsistent).newValue == count { open() }
    }

    func visit() {
      guard visits.add(1, ordering: .sequentiallyConsistent).oldValue == 0 else { return }
      while !isOpen.load(ordering: .sequentiallyConsistent) { BackgroundThread.yield() }
    }
  }

  private static func tensor(_ batch: Int) throws -> Tensor { try Tensor(zeros: [batch, 4], of: .float32) }

  private static func model() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["N", 4])
    return try network.finished(network.node("Relu", [x], name: "y")).model
  }

  /// With three shapes and room for two plans, the least recently used plan is evicted.
  @Test func theOldestGoes() throws {
    let log = Log()
    let session = try Session(Self.model(), options: SessionOptions(threads: 1, planCacheSize: 2), observer: log)
    for batch in [1, 2, 1, 3, 1, 2, 3] { #expect(try session.run(Self.tensor(batch)).shape == [batch, 4]) }
    // 3 replaces 2, then 2 replaces 3, then 3 replaces 1.
    #expect(log.batches == [1, 2, 3, 2, 3])
  }

  /// Of eight simultaneous first runs, one makes the plan, with as many visits as a single run. Each run adds some visits.
  @Test func oneMakesThePlan() async throws {
    let alone = Gate()
    Gated.gate.withLock { $0 = alone }
    let input = try Self.tensor(3)
    let first = try Session(Gated.model(), options: SessionOptions(threads: 1))
    let planned = alone.count
    _ = try await first.run(["x": input])
    let once = alone.count - planned
    _ = try await first.run(["x": input])
    let again = alone.count - planned - once
    #expect(once > again)

    let session = try Session(Gated.model(), options: SessionOptions(threads: 1))
    let shared = Gate(isOpen: false)
    Gated.gate.withLock { $0 = shared }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          shared.arrive(of: 8)
          let output = try await session.run(["x": input])["y"]
          #expect(output == input)
        }
      }
      try await group.waitForAll()
    }
    #expect(shared.count == once + 7 * again)
  }

  /// If the task that makes a plan is cancelled, a waiting task makes it instead.
  @Test func anothersCancellation() async throws {
    Gated.gate.withLock { $0 = Gate() }
    let input = try Self.tensor(3)
    let session = try Session(Gated.model(), options: SessionOptions(threads: 1))
    let gate = Gate(isOpen: false)
    Gated.gate.withLock { $0 = gate }
    let maker = Task { try await session.run(["x": input]) }
    while gate.count == 0 { await Task.yield() }
    let other = Task { try await session.run(["x": input]) }
    maker.cancel()
    gate.open()
    let error = await #expect(throws: InfoldError.self) { try await maker.value }
    #expect(error?.isCancellation == true)
    #expect(try await other.value["y"] == input)
  }

  /// A waiting task can be cancelled, and the task that makes the plan continues.
  @Test func cancelledWhileWaiting() async throws {
    Gated.gate.withLock { $0 = Gate() }
    let input = try Self.tensor(3)
    let session = try Session(Gated.model(), options: SessionOptions(threads: 1))
    let gate = Gate(isOpen: false)
    Gated.gate.withLock { $0 = gate }
    let maker = Task { try await session.run(["x": input]) }
    while gate.count == 0 { await Task.yield() }
    let other = Task { try await session.run(["x": input]) }
    other.cancel()
    let error = await #expect(throws: InfoldError.self) { try await other.value }
    #expect(error?.isCancellation == true)
    gate.open()
    #expect(try await maker.value["y"] == input)
  }
}
