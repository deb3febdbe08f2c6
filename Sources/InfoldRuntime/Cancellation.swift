import InfoldGraph
import Synchronization

/// What may end a run before it is done: between two steps, somebody no longer wants the results.
package enum Cancellation: Sendable {
  /// The task in which the run is asked for.
  case ofCurrentTask
  /// A flag that is raised elsewhere.
  case byFlag(CancellationFlag)

  /// - Throws: `InfoldError` with `.cancelled`.
  func check() throws(InfoldError) {
    if isRaised { throw InfoldError(.cancelled, "the run was cancelled") }
  }

  private var isRaised: Bool {
    switch self {
    case .ofCurrentTask: Task.isCancelled
    case .byFlag(let flag): flag.isRaised.load(ordering: .relaxed)
    }
  }

  /// Runs `body`, whose loops end with `.cancelled` as well.
  func interrupting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Interruption.$current.binding(Interruption { isRaised }, body)
  }
}

/// A flag that stays up once it is raised.
package final class CancellationFlag: Sendable {
  fileprivate let isRaised = Atomic(false)

  func raise() { isRaised.store(true, ordering: .relaxed) }
}
