import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Anything that may take long ends with an error if a session has a time limit.
@Suite struct TimeLimitTests {
  /// A Loop that runs until its node budget is used up, and stores a large tensor in every iteration.
  private static func loop() throws -> Model {
    var body = NetworkBuilder()
    _ = body.input([], "trip", of: .int64)
    let condition = body.input([], "condition", of: .bool), list = body.input([65536], "list")
    let next = try body.node("Exp", [list])
    var network = NetworkBuilder()
    let x = network.input([65536])
    let y = try network.node(
      "Loop", [nil, nil, x], ["body": .graph(body.body(outputs: [condition, next], captures: []))])
    return try network.finished(y).model
  }

  private static let x = ["x": try! Tensor(zeros: [1 << 16], of: .float32)]

  /// Without a limit, more than 100,000 iterations with 65,536 numbers would take minutes.
  @Test(arguments: [true, false]) func loopsEnd(optimize: Bool) async throws {
    let session = try Session(
      Self.loop(), options: SessionOptions(threads: 1, optimize: optimize, timeLimit: .milliseconds(50)))
    for _ in 0..<2 {
      let error = #expect(throws: InfoldError.self) { try session.runHere(Self.x) }
      #expect(error?.code == .limitExceeded && error?.reason.contains("time limit of 0.05 seconds") == true)
    }
    let error = await #expect(throws: InfoldError.self) { try await session.run(Self.x) }
    #expect(error?.code == .limitExceeded)
  }

  /// A limit of zero is too short for preparing and for each form of run; a long limit is sufficient.
  @Test(arguments: [true, false]) func preparationAndRuns(optimize: Bool) throws {
    var network = NetworkBuilder()
    var y = network.input(["N", 4, 8, 8])
    for _ in 0..<4 { y = try network.node("Relu", [network.node("Conv", [y, network.weights([4, 4, 1, 1])])]) }
    let model = try network.finished(y).model
    let code = try errorCode {
      _ = try Session(model, options: SessionOptions(threads: 1, optimize: optimize, timeLimit: .nanoseconds(1)))
    }
    #expect(code == .limitExceeded)
    let session = try Session(
      model, options: SessionOptions(threads: 1, optimize: optimize, timeLimit: .seconds(Int64.max)))
    let input = try ["x": Tensor(zeros: [1, 4, 8, 8], of: .float32)]
    _ = try session.run(input)
    #expect(try session.layerTimes(input, runs: 2).count > 1)
  }

  @Test(arguments: [Duration.zero, .seconds(-1)]) func limitsThatAreNone(limit: Duration) throws {
    let code = try errorCode { _ = try Session(Self.loop(), options: SessionOptions(timeLimit: limit)) }
    #expect(code == .invalidArgument)
  }
}
