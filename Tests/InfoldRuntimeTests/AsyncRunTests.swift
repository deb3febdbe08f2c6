import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Runs that tasks await.
@Suite struct AsyncRunTests {
  private static func model() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["N", 8, "H", "W"])
    var y = x
    for _ in 0..<4 {
      y = try network.node(
        "Relu",
        [
          try network.node(
            "Conv", [y, try network.weights([8, 8, 3, 3], in: -0.3...0.3)], ["pads": .ints([1, 1, 1, 1])])
        ])
    }
    return try network.finished(y).model
  }

  private static func input(_ seed: UInt64, side: Int = 9) throws -> [String: Tensor] {
    var random = SplitMix64(seed: seed)
    return ["x": try random.tensor([1, 8, side, side])]
  }

  private static func numbers(_ results: [String: Tensor]) throws -> [Float] {
    try #require(results.values.first).elements(as: Float.self)
  }

  @Test func givesWhatRunGives() async throws {
    let session = try Session(Self.model(), options: SessionOptions(threads: 2))
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for seed in 0..<24 as Range<UInt64> {
        group.addTask {
          let input = try Self.input(seed)
          let expected = try Self.numbers(session.runHere(input))
          return try await Self.numbers(session.run(input)) == expected
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
  }

  @Test func refusesWhatRunRefuses() async throws {
    let session = try Session(Self.model())
    await #expect(throws: InfoldError.self) { try await session.run([:]) }
    await #expect(throws: InfoldError.self) {
      try await session.run(["x": try Tensor(zeros: [1, 7, 3, 3], of: .float32)])
    }
  }

  /// If a task is already cancelled when it requests a run, neither form returns a result.
  @Test func cancelledTasks() async throws {
    let session = try Session(Self.model())
    let input = try Self.input(1)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      let codes = [
        try? errorCode { _ = try session.runHere(input) },
        await { () async -> InfoldError.Code? in
          do throws(InfoldError) {
            _ = try await session.run(input)
            return nil
          } catch { return error.code }
        }(),
      ]
      return codes
    }
    task.cancel()
    #expect(await task.value == [.cancelled, .cancelled])
    #expect(try session.runHere(input).count == 1)
  }

  /// Results are in order, and inputs are consumed only as fast as results are.
  @Test func batches() async throws {
    let session = try Session(Self.model(), options: SessionOptions(threads: 1))
    let taken = Mutex(0)
    let inputs = (0..<30 as Range<UInt64>).lazy.map { seed in
      taken.withLock { $0 += 1 }
      return try! Self.input(seed, side: Int(5 + seed % 3))
    }
    var count: UInt64 = 0
    for try await result in session.results(for: inputs, atOnce: 3) {
      #expect(try Self.numbers(result) == Self.numbers(session.runHere(Self.input(count, side: Int(5 + count % 3)))))
      count += 1
      #expect(taken.withLock { $0 } <= Int(count) + 3)
    }
    #expect(count == 30)
  }

  @Test func anErrorEndsABatch() async throws {
    let session = try Session(Self.model())
    let inputs = [try Self.input(1), [:], try Self.input(2)]
    var results = session.results(for: inputs).makeAsyncIterator()
    #expect(try await results.next() != nil)
    await #expect(throws: InfoldError.self) { _ = try await results.next() }
    #expect(try await results.next() == nil)
  }

  /// Results for inputs before an error of the sequence are delivered first. With one run at a time, no input is requested ahead.
  @Test func inputsThatFail() async throws {
    struct Failure: Error {}
    let session = try Session(Self.model())
    let (inputs, sender) = AsyncThrowingStream<[String: Tensor], any Error>.makeStream()
    var results = session.results(for: inputs).makeAsyncIterator()
    for seed in 0..<3 as Range<UInt64> {
      sender.yield(try Self.input(seed))
      #expect(try await results.next() != nil)
    }
    sender.finish(throwing: Failure())
    await #expect(throws: Failure.self) { _ = try await results.next() }
    #expect(try await results.next() == nil)

    let (others, otherSender) = AsyncThrowingStream<[String: Tensor], any Error>.makeStream()
    otherSender.yield(try Self.input(1))
    otherSender.finish(throwing: Failure())
    var kept = session.results(for: others, atOnce: 3).makeAsyncIterator()
    #expect(try await kept.next() != nil)
    await #expect(throws: Failure.self) { _ = try await kept.next() }
  }
}
