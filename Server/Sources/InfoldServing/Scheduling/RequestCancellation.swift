import Synchronization

/// Cancels a request, for example when its client disconnects. A cancellation is permanent.
///
/// It has the same effect as cancelling the task that waits for the response, for code that does
/// not have that task.
public final class RequestCancellation: Sendable {
  private struct State {
    var isCancelled = false
    var nextID = 0
    var handlers: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// Creates a cancellation that has not been triggered.
  public init() {}

  /// Whether the request is cancelled.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Cancels the request.
  public func cancel() {
    let handlers = state.withLock { state in
      state.isCancelled = true
      defer { state.handlers = [:] }
      return state.handlers.values
    }
    for handler in handlers { handler() }
  }

  /// Registers a handler, which is called on cancellation, or immediately if the request is
  /// cancelled already.
  /// - Returns: The identifier for `remove(_:)`.
  func add(_ handler: @escaping @Sendable () -> Void) -> Int {
    let id: Int? = state.withLock { state in
      if state.isCancelled { return nil }
      state.nextID += 1
      state.handlers[state.nextID] = handler
      return state.nextID
    }
    guard let id else {
      handler()
      return 0
    }
    return id
  }

  /// Removes a handler.
  func remove(_ id: Int) { state.withLock { $0.handlers[id] = nil } }
}
