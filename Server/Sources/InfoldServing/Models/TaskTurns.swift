import Dispatch
import Infold
import Synchronization

/// Lets one task after the other do something, in the order in which they come.
final class TaskTurns: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Waits until it is the task's turn, which it must `end()`.
  func wait() async throws {
    await withCheckedContinuation { continuation in
      let mayGo = state.withLock { state in
        if state.isTaken {
          state.waiting.append(continuation)
          return false
        }
        state.isTaken = true
        return true
      }
      if mayGo { continuation.resume() }
    }
    guard Task.isCancelled else { return }
    end()
    throw CancellationError()
  }

  /// It is the next task's turn.
  func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.isTaken = false
      return nil
    }
    next?.resume()
  }
}

/// Does something that takes long on a thread of its own, while the task waits without keeping one.
func onOwnThread<Output: Sendable>(
  _ body: @escaping @Sendable () throws(InfoldError) -> Output
) async throws(InfoldError) -> Output {
  let result: Result<Output, InfoldError> = await withCheckedContinuation { continuation in
    DispatchQueue.global().async {
      continuation.resume(returning: Result { () throws(InfoldError) in try body() })
    }
  }
  return try result.get()
}
