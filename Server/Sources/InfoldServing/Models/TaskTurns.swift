import Dispatch
package import Infold
import Synchronization

/// Limits how many tasks execute a piece of code at a time. The others wait in the order of their
/// arrival.
package final class TaskTurns: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  /// - Parameter places: The number of tasks at a time.
  package init(places: Int = 1) {
    state = Mutex(State(free: places))
  }

  /// Waits for the task's turn. The task must call `end()` afterwards.
  /// - Throws: `CancellationError` if the task is cancelled. Then `end()` must not be called.
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

  /// Ends the turn and lets the next task continue.
  package func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}

/// Runs a long operation on its own thread, while the task is suspended.
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
