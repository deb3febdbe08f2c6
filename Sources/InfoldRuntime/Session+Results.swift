import InfoldSystem
import InfoldTensor

extension Session {
  /// The results of the model for one set of inputs after the other, while they are asked for: they come in the order of the inputs,
  /// and no more inputs are taken than runs may be under way at a time. Each set of inputs is a run of its own.
  /// - Parameters:
  ///   - inputs: Inputs as for `run(_:)`.
  ///   - limit: The most runs that are under way or wait to be taken, at least 1. With more than 1, a result is given out when so many
  ///     inputs have come, or all have: too late for a caller who sends the next input only then.
  public func results<Inputs: AsyncSequence>(
    for inputs: Inputs, atOnce limit: Int = 1
  ) -> SessionResults<Inputs> where Inputs.Element == [String: Tensor] {
    SessionResults(session: self, inputs: inputs, limit: max(limit, 1))
  }

  /// The same for inputs that are there already, or are made while they are asked for. By default, the next run waits for its turn
  /// while a result is being taken.
  public func results<Inputs: Sequence>(
    for inputs: Inputs, atOnce limit: Int = 2
  ) -> SessionResults<some AsyncSequence<[String: Tensor], Never>> where Inputs.Element == [String: Tensor] {
    results(for: UnfoldedInputs(inputs: inputs), atOnce: limit)
  }
}

/// The results of a session for a sequence of inputs, in their order.
public struct SessionResults<Inputs: AsyncSequence>: AsyncSequence where Inputs.Element == [String: Tensor] {
  /// Every output by its name.
  public typealias Element = [String: Tensor]

  let session: Session
  let inputs: Inputs
  let limit: Int

  /// Goes through the results.
  public func makeAsyncIterator() -> Iterator {
    Iterator(session: session, underWay: PendingRuns(limit: limit), inputs: inputs.makeAsyncIterator())
  }

  /// What goes through the results. Runs that are under way are cancelled with it.
  public struct Iterator: AsyncIteratorProtocol {
    let session: Session
    let underWay: PendingRuns
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

/// A sequence as an asynchronous one.
private struct UnfoldedInputs<Inputs: Sequence>: AsyncSequence {
  let inputs: Inputs

  func makeAsyncIterator() -> Iterator { Iterator(inputs: inputs.makeIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    var inputs: Inputs.Iterator

    mutating func next() async -> Inputs.Element? { inputs.next() }
  }
}
