import GRPCCore
import Infold
import InfoldServerGRPC
import InfoldServing
import OpenInferenceGRPC
import ServerTestSupport
import Testing

@Suite struct CallTests {
  /// Runs a server that batches images, and waits this number of seconds for further images.
  private func run(
    waiting seconds: Double, queueSize: Int = 256, _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    let models = try TestModels()
    try models.add(TestModels.images(), as: "m.onnx")
    var settings = ModelSettings()
    settings.longestDelay = seconds
    settings.queueSize = queueSize
    try await TestServer.run(models: [.repository(models.folder)], settings: settings, { _ in }, body)
    withExtendedLifetime(models) {}
  }

  private func request(_ seed: UInt64) throws -> Inference_ModelInferRequest {
    let image = try TestModels.image(seed)
    return try .with { request in
      request.modelName = "m"
      request.inputs = [.with { ($0.name, $0.datatype, $0.shape) = ("x", "FP32", image.shape.map(Int64.init)) }]
      request.rawInputContents = [
        .init(try image.elements(as: Float.self).flatMap { withUnsafeBytes(of: $0, Array.init) })
      ]
    }
  }

  /// The scores of a session for the image of a request.
  private func scores(_ seed: UInt64, _ session: Session) throws -> [Float] {
    try session.run(TestModels.image(seed)).elements()
  }

  /// The responses of the server have the same bits as the results of the session.
  @Test func bitsAreThoseOfASession() async throws {
    try await run(waiting: 0) { server in
      let session = try Session(TestModels.images(), options: SessionOptions(threads: 1))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for seed in 0..<UInt64(24) {
          group.addTask {
            let answer = try await server.inference.modelInfer(request(seed)).rawOutputContents
            let alone = try scores(seed, session)
            #expect(answer.map(Array.init) == [alone.withUnsafeBytes { Array($0) }])
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func deadlines() async throws {
    try await run(waiting: 60) { server in
      var options = CallOptions.defaults
      options.timeout = .milliseconds(100)
      let late = try await rpcError { try await server.inference.modelInfer(request(1), options: options) }
      #expect(late?.code == .deadlineExceeded)
      // The timeout that the client sets in the request counts as well, in microseconds.
      var other = try request(1)
      other.parameters["timeout"] = .with { $0.int64Param = 100_000 }
      let given = other
      #expect(try await rpcError { try await server.inference.modelInfer(given) }?.code == .deadlineExceeded)
      while server.service.scheduler.waitingCount > 0 { await Task.yield() }
    }
  }

  @Test(arguments: [
    ("1S", Duration.seconds(1)), ("99999999m", .milliseconds(99_999_999)), ("5u", .microseconds(5)),
    ("7n", .nanoseconds(7)),
    ("2M", .seconds(120)), ("3H", .seconds(10_800)), ("", nil), ("S", nil), ("123456789S", nil), ("-1S", nil),
    ("1s", nil),
  ]) func textsOfDeadlines(text: String, duration: Duration?) {
    #expect(Deadline.duration(text) == duration)
  }

  @Test func clientsThatGo() async throws {
    try await run(waiting: 60) { server in
      let call = Task { try await server.inference.modelInfer(request(1)) }
      while server.service.scheduler.waitingCount == 0 { await Task.yield() }
      call.cancel()
      await #expect(throws: RPCError.self) { try await call.value }
      while server.service.scheduler.waitingCount > 0 { await Task.yield() }
    }
  }

  @Test func tooManyWait() async throws {
    try await run(waiting: 60, queueSize: 1) { server in
      let first = Task { try await server.inference.modelInfer(request(1)) }
      while server.service.scheduler.waitingCount == 0 { await Task.yield() }
      let second = try await rpcError { try await server.inference.modelInfer(request(2)) }
      #expect(second?.code == .unavailable)
      #expect(second?.metadata[stringValues: "grpc-retry-pushback-ms"].first { _ in true } == "1000")
      first.cancel()
      _ = try? await first.value
    }
  }

  /// A call that the server has accepted is answered, although the server is shutting down.
  @Test func callsOutliveAShutdown() async throws {
    try await run(waiting: 0.3) { server in
      let call = Task { try await server.inference.modelInfer(request(1)) }
      while server.service.scheduler.waitingCount == 0 { await Task.yield() }
      await server.shutDown()
      let answer = try await call.value
      #expect(answer.rawOutputContents.count == 1)
      // New calls are no longer accepted.
      #expect(try await rpcError { try await server.inference.serverLive(.init()) } != nil)
    }
  }

  @Test func messagesThatAreTooLarge() async throws {
    try await TestServer.run {
      $0.largestMessage = 1000
    } _: { server in
      func echo(_ count: Int) -> Inference_ModelInferRequest { .echo([UInt8](repeating: 7, count: count)) }
      let answer = try await server.inference.modelInfer(echo(900)).rawOutputContents
      #expect(answer == [.init(repeating: 7, count: 900)])
      #expect(try await rpcError { try await server.inference.modelInfer(echo(1100)) } != nil)
      #expect(try await server.inference.modelInfer(echo(900)).rawOutputContents == answer)
    }
    // Tensors of a few megabytes are transferred in both directions.
    try await TestServer.run { server in
      let count = 5_000_000
      let bytes = [UInt8]((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let request = Inference_ModelInferRequest.echo(bytes)
      var options = CallOptions.defaults
      // The client uses the request limit for responses as well.
      (options.maxRequestMessageBytes, options.maxResponseMessageBytes) = (8 << 20, 8 << 20)
      let answer = try await server.inference.modelInfer(request, options: options).rawOutputContents
      #expect(answer == [.init(bytes)])
    }
  }
}
