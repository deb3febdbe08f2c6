import InfoldSystem
import Synchronization

/// A run that a task waits for, from the queue to its end. Whoever cancels it before it begins gives the task its turn at once.
final class QueuedRun<Output: Sendable>: Sendable {
  typealias Outcome = Result<Output, InfoldError>
  /// Receives the outcome; `nil` of a run that was cancelled before it began.
  typealias Continuation = CheckedContinuation<Outcome?, Never>

  private enum State {
    /// Nobody waits yet, or the run was cancelled before anybody did.
    case new(isCancelled: Bool)
    case waiting(Continuation)
    /// It has begun, or the task knows the outcome.
    case taken
  }

  private let state = Mutex(State.new(isCancelled: false))
  private let flag = CancellationFlag()

  /// Has a task wait.
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

  /// Does the work, unless the task does not wait any more.
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
