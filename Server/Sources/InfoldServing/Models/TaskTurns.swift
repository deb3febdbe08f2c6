import Dispatch
package import Infold
import Synchronization

/// Lets so many tasks at a time do something, in the order in which they come.
package final class TaskTurns: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter places: The tasks at a time.
  package init(places: Int = 1) {
    state = Mutex(State(free: places))
  }

  /// Waits until it is the task's turn, which it must `end()`.
  /// - Throws: `CancellationError` when the task is cancelled; then there is nothing to end.
  package func wait() async throws(CancellationError) {
    await withCheckedContinuation { continuation in
      let mayGo = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if mayGo { continuation.resume() }
    }
    guard Task.isCancelled else { return }
    end()
    throw CancellationError()
  }

  /// It is the next task's turn.
  package func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}

/// Does something that takes long on a thread of its own, while the task waits without keeping one.
package func onOwnThread<Output: Sendable>(
  _ body: @escaping @Sendable () throws(InfoldError) -> Output
) async throws(InfoldError) -> Output {
  let result: Result<Output, InfoldError> = await withCheckedContinuation { continuation in
    DispatchQueue.global().async {
      continuation.resume(returning: Result { () throws(InfoldError) in try body() })
    }
  }
  return try result.get()
}
