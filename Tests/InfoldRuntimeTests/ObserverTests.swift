import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// An observer is notified of every run and every plan, once, by every form of `run`.
@Suite struct ObserverTests {
  /// Records the notifications.
  private final class Log: SessionObserver {
    let plans = Mutex<[PlanSummary]>([])
    let runs = Mutex<[InfoldError.Code?]>([])
    let layers = Mutex<[Layer]>([])
    let observesLayers = true

    func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) { plans.withLock { $0.append(plan) } }
    func didRun(error: InfoldError?, during time: Range<UInt64>) { runs.withLock { $0.append(error?.code) } }
    func didRun(_ layer: Layer, during time: Range<UInt64>) { layers.withLock { $0.append(layer) } }

    var codes: [InfoldError.Code?] { runs.withLock { $0 } }
    var shapes: [[[Int]]] { plans.withLock { $0.map(\.inputShapes) } }
  }

  private static func model(_ shape: Shape = ["N", 4]) throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(shape)
    return try network.finished(network.node("Relu", [x], name: "y")).model
  }

  private static func tensor(_ shape: [Int]) throws -> Tensor { try Tensor(zeros: shape, of: .float32) }

  @Test func refusedRuns() async throws {
    let log = Log()
    let session = try Session(Self.model(), observer: log)
    let wrong = try Self.tensor([2, 5]), right = try Self.tensor([2, 4])
    var results: [Tensor] = []
    #expect(throws: InfoldError.self) { try session.runHere(["x": wrong]) }
    #expect(throws: InfoldError.self) { try session.runHere(["z": right]) }
    await #expect(throws: InfoldError.self) { try await session.run(wrong) }
    #expect(throws: InfoldError.self) { try session.run([wrong], into: &results) }
    #expect(throws: InfoldError.self) { try session.run([], into: &results) }
    await #expect(throws: InfoldError.self) { try await session.run(["x": wrong]) }
    await #expect(throws: InfoldError.self) { try await session.run([:]) }
    await #expect(throws: InfoldError.self) { for try await _ in session.results(for: [["z": right]]) {} }
    #expect(log.codes == Array(repeating: .invalidArgument, count: 8))
    #expect(log.shapes.isEmpty)
    _ = try await session.run(right)
    #expect(log.codes.last == .some(nil) && log.codes.count == 9)
  }

  /// A model with two inputs cannot be run with one tensor, and this error is also reported.
  @Test func aTensorForTwoInputs() throws {
    var network = NetworkBuilder()
    let a = network.input([2], "a"), b = network.input([2], "b")
    let log = Log()
    let session = try Session(network.finished(network.node("Add", [a, b])).model, observer: log)
    #expect(throws: InfoldError.self) { try session.run(Self.tensor([2])) }
    #expect(log.codes == [.invalidArgument])
  }

  @Test func cancelledRuns() async throws {
    let log = Log()
    let session = try Session(Self.model(), observer: log)
    let input = try ["x": Self.tensor([2, 4])]
    let task = Task { () -> [Bool] in
      while !Task.isCancelled { await Task.yield() }
      var isCancellation: [Bool] = []
      do throws(InfoldError) { _ = try session.runHere(input) } catch { isCancellation.append(error.isCancellation) }
      do throws(InfoldError) {
        _ = try await session.run(input)
      } catch { isCancellation.append(error.isCancellation) }
      do {
        _ = try await throwingCancellationErrors { try await session.run(input) }
      } catch { isCancellation.append(error is CancellationError) }
      do {
        for try await _ in session.results(for: [input]) {}
      } catch { isCancellation.append(error is CancellationError) }
      return isCancellation
    }
    task.cancel()
    #expect(await task.value == [true, true, true, true])
    #expect(log.codes == Array(repeating: .cancelled, count: 4))
    // Errors other than cancellation are passed on unchanged.
    await #expect(throws: InfoldError.self) {
      try await throwingCancellationErrors { try await session.run([:]) }
    }
  }

  /// Each combination of shapes once, with the caller's shapes, however a batch is divided.
  @Test func plans() throws {
    let log = Log()
    let open = try Session(Self.model(), observer: log)
    for size in [1, 3, 3, 1] { _ = try open.run(Self.tensor([size, 4])) }
    #expect(log.shapes == [[[1, 4]], [[3, 4]]])

    var network = NetworkBuilder()
    let x = network.input([4, 8, 32, 32])
    let y = try network.node(
      "Conv", [x, network.weights([16, 8, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    let pooled = try network.node("Flatten", [network.node("GlobalAveragePool", [network.node("Relu", [y])])])
    let scores = try network.node("Gemm", [pooled, network.weights([16, 10]), network.weights([10])])
    let batch = Log()
    _ = try Session(network.finished(scores).model, options: SessionOptions(threads: 1), observer: batch)
    #expect(batch.shapes == [[[4, 8, 32, 32]]])
    #expect(batch.plans.withLock { $0[0].layerCount > 1 && $0[0].workingByteCount > 0 })
  }

  /// Plans, layers and their times have one-line descriptions.
  @Test func descriptions() throws {
    let log = Log()
    let session = try Session(Self.model(), observer: log)
    let time = try #require(try session.layerTimes(["x": Self.tensor([2, 4])], runs: 1).first)
    let plan = try #require(log.plans.withLock { $0.first })
    #expect("\(plan)" == "plan for [2, 4]: 1 layer, \(plan.workingByteCount) bytes of working memory")
    let layer = try #require(log.layers.withLock { $0.first })
    #expect("\(layer)" == "\(layer.node): Relu, \(layer.algorithm), 2×4")
    #expect("\(time)".hasPrefix("\(layer), ") && "\(time)".hasSuffix(" ms"))
  }
}
