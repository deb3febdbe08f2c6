import Synchronization

/// A switch by which somebody gives a request up: who sees that its client has gone, for instance. Once it is thrown, it stays so.
///
/// It does what the cancellation of the task does that waits for the answer, for those who do not have the task.
public final class RequestCancellation: Sendable {
  private struct State {
    var isCancelled = false
    var nextID = 0
    var handlers: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// A switch that is not thrown.
  public init() {}

  /// Whether it is thrown.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Throws it.
  public func cancel() {
    let handlers = state.withLock { state in
      state.isCancelled = true
      defer { state.handlers = [:] }
      return state.handlers.values
    }
    for handler in handlers { handler() }
  }

  /// Has `handler` called when it is thrown, or now, if it is.
  /// - Returns: What `remove(_:)` takes.
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

  /// Nobody is called any more.
  func remove(_ id: Int) { state.withLock { $0.handlers[id] = nil } }
}
