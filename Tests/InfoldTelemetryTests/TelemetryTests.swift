import CoreMetrics
import Infold
import InfoldTelemetry
import Logging
import Testing

@Suite struct TelemetryTests {
  private static func model() throws -> Model {
    var builder = ModelBuilder("telemetry")
    let x = try builder.input("x", shape: ["N", 2])
    try builder.output(
      builder.dense(builder.relu(x), weight: Tensor(shape: [1, 2], [1, 2] as [Float]), named: "scores"))
    return try builder.model()
  }

  private static func logger(_ recorder: Recorder, _ level: Logger.Level) -> Logger {
    Logger(label: "test") { _ in RecordingLog(recorder: recorder, logLevel: level) }
  }

  private static let input = ["x": try! Tensor(shape: [1, 2], [3, 4] as [Float])]

  @Test func logsPlansRunsAndLayers() throws {
    let recorder = Recorder()
    let session = try Session(Self.model(), observer: SessionLogger(Self.logger(recorder, .trace)))
    for _ in 0..<2 { _ = try session.run(Self.input) }
    let messages = recorder.messages.withLock { $0 }
    #expect(messages.filter { $0.text == "made a plan" && $0.level == .info }.count == 1)
    #expect(messages.filter { $0.text == "ran" && $0.level == .debug }.count == 2)
    let layers = messages.filter { $0.text == "ran a layer" && $0.level == .trace }
    #expect(layers.count >= 2 && layers.count.isMultiple(of: 2))
    #expect(layers.contains { $0.metadata["node"] == #"node "scores" (Gemm)"# })
    #expect(layers.allSatisfy { $0.metadata["depth"] == "0" })
    let plan = try #require(messages.first { $0.text == "made a plan" })
    #expect(plan.metadata["layers"] == .string("\(layers.count / 2)"))
  }

  @Test func logsErrors() throws {
    let recorder = Recorder()
    let session = try Session(Self.model(), observer: SessionLogger(Self.logger(recorder, .warning)))
    var outputs: [Tensor] = []
    #expect(throws: InfoldError.self) { try session.run([Tensor(zeros: [1, 3], of: .float32)], into: &outputs) }
    let messages = recorder.messages.withLock { $0 }
    #expect(messages.count == 1)
    #expect(messages.first?.level == .warning && messages.first?.metadata["code"] == "invalidArgument")
  }

  @Test func measuresRunsPlansAndErrors() throws {
    let recorder = Recorder()
    let metrics = SessionMetrics(dimensions: [("model", "m")], factory: RecordingMetrics(recorder: recorder))
    let session = try Session(Self.model(), observer: metrics)
    for _ in 0..<3 { _ = try session.run(Self.input) }
    var outputs: [Tensor] = []
    #expect(throws: InfoldError.self) { try session.run([Tensor(zeros: [1, 3], of: .float32)], into: &outputs) }
    let values = recorder.values.withLock { $0 }
    #expect(values["infold_run_duration model=m"]?.count == 3)
    #expect(values["infold_plan_duration model=m"]?.count == 1)
    #expect(values["infold_plan_bytes model=m"]?.count == 1)
    #expect(values["infold_run_errors model=m code=invalidArgument"] == [1])
  }

  /// A cancelled run is not an error.
  @Test func cancelledRuns() async throws {
    let recorder = Recorder()
    let observer = SessionObservers(
      SessionLogger(Self.logger(recorder, .debug)), SessionMetrics(factory: RecordingMetrics(recorder: recorder)))
    let session = try Session(Self.model(), observer: observer)
    /// The run on the calling thread.
    @Sendable func runHere() { _ = try? session.run(Self.input) }
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      runHere()
      _ = try? await session.run(Self.input)
    }
    task.cancel()
    await task.value
    let messages = recorder.messages.withLock { $0 }
    #expect(messages.filter { $0.text == "a run was cancelled" && $0.level == .debug }.count == 2)
    #expect(!messages.contains { $0.level >= .warning })
    let values = recorder.values.withLock { $0 }
    #expect(values["infold_run_cancellations"] == [1, 1])
    #expect(!values.keys.contains { $0.hasPrefix("infold_run_errors") })
  }

  /// Asynchronous runs are observed as well, also by several observers at once.
  @Test func observersTogether() async throws {
    let recorder = Recorder()
    let observer = SessionObservers(
      SessionLogger(Self.logger(recorder, .debug)), SessionMetrics(factory: RecordingMetrics(recorder: recorder)))
    #expect(!observer.observesLayers)
    let session = try Session(Self.model(), observer: observer)
    _ = try await session.run(Self.input)
    #expect(recorder.messages.withLock { $0.map(\.text) } == ["made a plan", "ran"])
    #expect(recorder.values.withLock { $0["infold_run_duration"]?.count } == 1)
  }
}
