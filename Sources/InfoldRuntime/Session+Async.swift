import InfoldSystem
import InfoldTensor

extension Session {
  /// Runs the model for a task, which waits without keeping a thread: the work is done by threads of Infold's own, as many as the
  /// machine has cores, in the order in which runs are asked for.
  /// - Parameter inputs: As for `run(_:)`.
  /// - Returns: Every output by its name.
  /// - Throws: As `run(_:)`; `InfoldError` with `.cancelled` when the task is cancelled: the run ends before its next layer,
  ///   and one that has not begun does not begin. `throwingCancellationErrors(_:)` makes Swift's `CancellationError` of it.
  ///   A time limit counts from when the run begins.
  public func runAsync(_ inputs: [String: Tensor]) async throws(InfoldError) -> [String: Tensor] {
    let begin = MonotonicClock.nanoseconds()
    let run = AwaitedRun<[String: Tensor]>()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        run.wait(continuation)
        RunThreads.shared.submit {
          run.perform { (flag) throws(InfoldError) in
            try self.observing { () throws(InfoldError) in try self.results(inputs, .flag(flag)) }
          }
        }
      }
    } onCancel: {
      run.cancel()
    }
    if let result { return try result.get() }
    // It never began, so that nobody else has told of it.
    return try observing(since: begin) { () throws(InfoldError) in throw .cancelledRun }
  }

  /// Runs the model on one set of inputs after the other, while they are asked for: results come in the order of the inputs, and no
  /// more inputs are taken than runs may be under way at a time.
  /// - Parameters:
  ///   - inputs: Inputs as for `run(_:)`.
  ///   - limit: The most runs that are under way or wait to be taken, at least 1. With more than 1, a result is given out when so many
  ///     inputs have come, or all have: too late for a caller who sends the next input only then.
  public func runBatched<Inputs: AsyncSequence>(
    _ inputs: Inputs, atOnce limit: Int = 1
  ) -> BatchedRuns<Inputs> where Inputs.Element == [String: Tensor] {
    BatchedRuns(session: self, inputs: inputs, limit: max(limit, 1))
  }

  /// The same for inputs that are there already, or are made while they are asked for. By default, the next run waits for its turn
  /// while a result is being taken.
  public func runBatched<Inputs: Sequence>(
    _ inputs: Inputs, atOnce limit: Int = 2
  ) -> BatchedRuns<some AsyncSequence<[String: Tensor], Never>> where Inputs.Element == [String: Tensor] {
    runBatched(UnfoldedInputs(inputs: inputs), atOnce: limit)
  }

  /// Makes the plan for inputs of these shapes, and runs it once, so that the first run that counts finds everything in place.
  /// - Parameter inputs: As for `run(_:)`.
  /// - Throws: As `run(_:)`.
  public func warmUp(_ inputs: [String: Tensor]) throws(InfoldError) {
    _ = try run(inputs)
  }
}

/// The results of a session for a sequence of inputs, in their order.
public struct BatchedRuns<Inputs: AsyncSequence>: AsyncSequence where Inputs.Element == [String: Tensor] {
  /// Every output by its name.
  public typealias Element = [String: Tensor]

  let session: Session
  let inputs: Inputs
  let limit: Int

  /// Goes through the results.
  public func makeAsyncIterator() -> Iterator {
    Iterator(session: session, underWay: RunsUnderWay(limit: limit), inputs: inputs.makeAsyncIterator())
  }

  /// What goes through the results. Runs that are under way are cancelled with it.
  public struct Iterator: AsyncIteratorProtocol {
    let session: Session
    let underWay: RunsUnderWay
    /// What is left of the inputs.
    var inputs: Inputs.AsyncIterator?
    /// What the inputs threw, for when the runs before it have been taken.
    var failure: (any Error)?

    /// The next results; `nil` behind the last.
    /// - Throws: As `Session.run(_:)`, but Swift's `CancellationError` when the task is cancelled, and what the inputs throw.
    ///   Nothing comes behind an error.
    public mutating func next() async throws -> Element? {
      do {
        while underWay.hasRoom, let input = try await inputs?.next() { underWay.begin(input, in: session) }
        if underWay.hasRoom { inputs = nil }
      } catch {
        inputs = nil
        failure = error
      }
      do {
        if let result = try await underWay.first() { return result }
      } catch {
        (inputs, failure) = (nil, nil)
        underWay.cancel()
        throw error
      }
      guard let failure else { return nil }
      self.failure = nil
      throw failure
    }
  }
}

/// The runs of an iterator that have begun, the first one first.
final class RunsUnderWay {
  private var tasks: [Task<[String: Tensor], any Error>] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  deinit { cancel() }

  var hasRoom: Bool { tasks.count < limit }

  func begin(_ input: [String: Tensor], in session: Session) {
    tasks.append(Task { try await throwingCancellationErrors { try await session.runAsync(input) } })
  }

  func first() async throws -> [String: Tensor]? {
    guard !tasks.isEmpty else { return nil }
    let task = tasks.removeFirst()
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  func cancel() {
    for task in tasks { task.cancel() }
    tasks = []
  }
}

/// A sequence as an asynchronous one.
private struct UnfoldedInputs<Inputs: Sequence>: AsyncSequence {
  let inputs: Inputs

  func makeAsyncIterator() -> Iterator { Iterator(inputs: inputs.makeIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    var inputs: Inputs.Iterator

    mutating func next() async -> Inputs.Element? { inputs.next() }
  }
}
