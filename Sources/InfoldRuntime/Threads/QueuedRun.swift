import InfoldSystem
import Synchronization

/// A run that a task awaits, from the queue to its end. If it is cancelled before it begins, the
/// task resumes at once.
final class QueuedRun<Output: Sendable>: Sendable {
  typealias Outcome = Result<Output, InfoldError>
  /// Receives the outcome, or `nil` if the run was cancelled before it began.
  typealias Continuation = CheckedContinuation<Outcome?, Never>

  private enum State {
    /// No task waits yet; the run may already be cancelled.
    case new(isCancelled: Bool)
    case waiting(Continuation)
    /// The run has begun, or its outcome has been delivered.
    case taken
  }

  private let state = Mutex(State.new(isCancelled: false))
  private let flag = CancellationFlag()

  /// Registers the continuation of the waiting task.
  func wait(_ continuation: Continuation) {
    let isCancelled = state.withLock { state in
      guard case .new(isCancelled: false) = state else {
        state = .taken
        return true
      }
      state = .waiting(continuation)
      return false
    }
    if isCancelled { continuation.resume(returning: nil) }
  }

  /// Performs the work, unless the task no longer waits.
  func perform(_ body: (CancellationFlag) throws(InfoldError) -> Output) {
    guard let continuation = takeContinuation() else { return }
    do throws(InfoldError) {
      continuation.resume(returning: .success(try body(flag)))
    } catch {
      continuation.resume(returning: .failure(error))
    }
  }

  /// Ends the run before its next step, or before it begins.
  func cancel() {
    flag.raise()
    takeContinuation()?.resume(returning: nil)
  }

  private func takeContinuation() -> Continuation? {
    state.withLock { state in
      switch state {
      case .new:
        state = .new(isCancelled: true)
        return nil
      case .waiting(let continuation):
        state = .taken
        return continuation
      case .taken:
        return nil
      }
    }
  }
}
