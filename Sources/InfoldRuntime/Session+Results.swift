import InfoldSystem
import InfoldTensor

extension Session {
  /// Runs the model once for each element of `inputs` and returns the results in the same order.
  /// Inputs are taken only as results are requested, and at most `limit` runs are pending at a
  /// time.
  ///
  /// - Parameters:
  ///   - inputs: Elements as for `run(_:)`.
  ///   - limit: The maximum number of runs in progress or waiting to be taken, at least 1. With a
  ///     limit above 1, the first result appears only after that many inputs have arrived or the
  ///     sequence has ended. Use 1 if the caller produces the next input only after it has seen a
  ///     result.
  public func results<Inputs: AsyncSequence>(
    for inputs: Inputs, atOnce limit: Int = 1
  ) -> SessionResults<Inputs> where Inputs.Element == [String: Tensor] {
    SessionResults(session: self, inputs: inputs, limit: max(limit, 1))
  }

  /// Runs the model once for each element of `inputs` and returns the results in the same order. By
  /// default, the next run is queued while the caller processes a result.
  public func results<Inputs: Sequence>(
    for inputs: Inputs, atOnce limit: Int = 2
  ) -> SessionResults<some AsyncSequence<[String: Tensor], Never>> where Inputs.Element == [String: Tensor] {
    results(for: UnfoldedInputs(inputs: inputs), atOnce: limit)
  }
}

/// The results of a session for a sequence of inputs, in the order of the inputs.
public struct SessionResults<Inputs: AsyncSequence>: AsyncSequence where Inputs.Element == [String: Tensor] {
  /// Every output by name.
  public typealias Element = [String: Tensor]

  let session: Session
  let inputs: Inputs
  let limit: Int

  /// Creates an iterator over the results.
  public func makeAsyncIterator() -> Iterator {
    Iterator(session: session, pendingRuns: PendingRuns(limit: limit), inputs: inputs.makeAsyncIterator())
  }

  /// An iterator over the results. Destroying it cancels its pending runs.
  public struct Iterator: AsyncIteratorProtocol {
    let session: Session
    let pendingRuns: PendingRuns
    /// The remaining inputs.
    var inputs: Inputs.AsyncIterator?
    /// The error that `inputs` threw. It is rethrown after the results of all earlier runs.
    var failure: (any Error)?

    /// Returns the next results, or `nil` after the last.
    ///
    /// - Throws: The errors of `Session.run(_:)`, with Swift's `CancellationError` if the task is
    ///   cancelled; any error of the input sequence. After an error, the sequence ends.
    public mutating func next() async throws -> Element? {
      do {
        while pendingRuns.hasRoom, let input = try await inputs?.next() { pendingRuns.begin(input, in: session) }
        if pendingRuns.hasRoom { inputs = nil }
      } catch {
        inputs = nil
        failure = error
      }
      do {
        if let result = try await pendingRuns.first() { return result }
      } catch {
        (inputs, failure) = (nil, nil)
        pendingRuns.cancel()
        throw error
      }
      guard let failure else { return nil }
      self.failure = nil
      throw failure
    }
  }
}

/// The pending runs of an iterator, oldest first.
final class PendingRuns {
  private var tasks: [Task<[String: Tensor], any Error>] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  deinit { cancel() }

  var hasRoom: Bool { tasks.count < limit }

  func begin(_ input: [String: Tensor], in session: Session) {
    tasks.append(Task { try await throwingCancellationErrors { try await session.run(input) } })
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

/// Adapts a sequence to an asynchronous one.
private struct UnfoldedInputs<Inputs: Sequence>: AsyncSequence {
  let inputs: Inputs

  func makeAsyncIterator() -> Iterator { Iterator(inputs: inputs.makeIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    var inputs: Inputs.Iterator

    mutating func next() async -> Inputs.Element? { inputs.next() }
  }
}
