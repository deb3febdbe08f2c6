import Infold
import InfoldServing
import ServerTestSupport
import Testing

@Suite struct SchedulerTests {
  /// An image gives the same bits alone and in any batch, with any number of threads.
  @Test(arguments: [1, 2, 5]) func imagesAreWhatTheyAreAlone(threads: Int) async throws {
    var settings = ModelSettings()
    settings.longestDelay = 0.05
    let test = try await TestService(settings: settings, threads: threads) {
      try $0.add(TestModels.images(), as: "m.onnx")
    }
    let model = try test.service.repository.model(named: "m")
    #expect(model.takesBatches)
    let session = try Session(TestModels.images(), options: SessionOptions(threads: 1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in 0..<UInt64(40) {
        group.addTask {
          let images = seed % 5 == 4 ? [seed, seed + 100] : [seed]
          let x = try Tensor(concatenating: images.map(TestModels.image))
          let alone = try Tensor(concatenating: images.map { try session.run(TestModels.image($0)) })
          #expect(try await test.run("m", x) == alone)
        }
      }
      try await group.waitForAll()
    }
    // Some were computed together.
    let text = test.service.metricsText(of: test.registry)
    let runs = try #require(text.value(of: "infold_batch_size_count{model=\"m\"}"))
    let images = try #require(text.value(of: "infold_batch_size_sum{model=\"m\"}"))
    #expect(images == 48 && runs < 40)
    #expect(text.value(of: "infold_requests_total{model=\"m\",code=\"ok\"}") == 40)
  }

  /// Requests for a network whose nodes mix images, or are small, are not batched.
  @Test func smallNetworksRunAlone() async throws {
    let test = try await TestService { try $0.add(TestModels.scaling(by: 2), as: "m.onnx") }
    #expect(try !test.service.repository.model(named: "m").takesBatches)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value in 0..<50 {
        group.addTask {
          let x = try Tensor(repeating: Float(value), shape: [1 + value % 3, 4])
          let y = try await test.run("m", x)
          #expect(try y == Tensor(repeating: Float(2 * value), shape: [1 + value % 3, 4]))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func tooManyWait() async throws {
    var settings = ModelSettings()
    settings.queueSize = 1
    settings.largestBatch = 1
    let test = try await TestService(settings: settings, threads: 1) { try $0.add(TestModels.images(), as: "m.onnx") }
    let isAnswered = try await withThrowingTaskGroup(of: Bool.self) { group in
      for seed in 0..<UInt64(64) {
        group.addTask {
          do {
            _ = try await test.run("m", TestModels.image(seed))
            return true
          } catch let error as ServingError {
            #expect(
              error.kind == .unavailable && error.retryAfter == 1 && error.httpStatus == 503 && error.grpcCode == 14)
            return false
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(isAnswered.count == 64 && isAnswered.contains(true))
    #expect(test.service.scheduler.waitingCount == 0)
  }

  @Test func deadlinesThatHavePassed() async throws {
    let test = try await TestService { try $0.add(TestModels.images(), as: "m.onnx") }
    let failure = await #expect(throws: ServingError.self) {
      try await test.run("m", TestModels.image(1), deadline: .now - .seconds(1))
    }
    #expect(failure?.kind == .deadlineExceeded)
    #expect(test.service.scheduler.waitingCount == 0)
    var request = InferenceRequest(modelName: "m", inputs: [.init(name: "x", tensor: try TestModels.image(1))])
    request.parameters = ["timeout": .integer(60_000_000)]
    #expect(try await test.service.infer(request).outputs.count == 1)
  }

  @Test func cancelledRequestsDoNotBegin() async throws {
    let test = try await TestService { try $0.add(TestModels.images(), as: "m.onnx") }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await test.run("m", TestModels.image(1))
    }
    let failure = await #expect(throws: ServingError.self) { try await task.value }
    #expect(failure?.kind == .cancelled)
    var request = InferenceRequest(modelName: "m", inputs: [.init(name: "x", tensor: try TestModels.image(1))])
    let cancellation = RequestCancellation()
    cancellation.cancel()
    request.cancellation = cancellation
    let given = request
    let other = await #expect(throws: ServingError.self) { try await test.service.infer(given) }
    #expect(other?.kind == .cancelled)
    #expect(try await test.run("m", TestModels.image(1)).shape == [1, 10])
  }

  /// Requests that wait for a batch are dropped if their client disconnects.
  @Test func cancellationWhileWaiting() async throws {
    var settings = ModelSettings()
    settings.longestDelay = 60
    let test = try await TestService(settings: settings) { try $0.add(TestModels.images(), as: "m.onnx") }
    var request = InferenceRequest(modelName: "m", inputs: [.init(name: "x", tensor: try TestModels.image(1))])
    let cancellation = RequestCancellation()
    request.cancellation = cancellation
    let given = request
    let waiting = Task { try await test.service.infer(given) }
    while test.service.scheduler.waitingCount == 0 { await Task.yield() }
    cancellation.cancel()
    let failure = await #expect(throws: ServingError.self) { try await waiting.value }
    #expect(failure?.kind == .cancelled)
    // A deadline also ends the wait, without a further request.
    let late = await #expect(throws: ServingError.self) {
      try await test.run("m", TestModels.image(1), deadline: .now + .milliseconds(20))
    }
    #expect(late?.kind == .deadlineExceeded)
  }

  @Test func requestsThatDoNotFit() async throws {
    let test = try await TestService { try $0.add(TestModels.sums(), as: "m.onnx") }
    let two = try Tensor(repeating: 1 as Float, shape: [1, 2]),
      three = try Tensor(repeating: 1 as Float, shape: [1, 3])
    let integers = try Tensor(repeating: 1 as Int32, shape: [1, 2])
    func failure(
      _ inputs: [(String, Tensor)], outputs: [String] = [], model: String = "m", parameters: Parameters = [:]
    ) async -> ServingError? {
      let request = InferenceRequest(
        modelName: model, parameters: parameters, inputs: inputs.map { .init(name: $0.0, tensor: $0.1) },
        outputs: outputs.map { .init(name: $0) })
      return await #expect(throws: ServingError.self) { try await test.service.infer(request) }
    }
    #expect(await failure([("a", two)])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", three)])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", integers)])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", two), ("c", two)])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", two), ("b", two)])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", two)], outputs: ["product"])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", two)], outputs: ["sum", "sum"])?.kind == .invalidArgument)
    #expect(await failure([("a", two), ("b", two)], model: "n")?.kind == .notFound)
    #expect(await failure([("a", two), ("b", two)], parameters: ["sequence_id": .integer(1)])?.kind == .unimplemented)
    #expect(
      await failure([("a", two), ("b", two)], parameters: ["timeout": .string("long")])?.kind == .invalidArgument)
  }
}

extension String {
  /// The value of a series in the text format of Prometheus.
  fileprivate func value(of series: String) -> Double? {
    split(separator: "\n").first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }
}
