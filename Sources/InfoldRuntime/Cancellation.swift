import InfoldSystem
import Synchronization

/// What may end a run before it is done: between two steps, somebody no longer wants the results, or the time is over.
package struct Cancellation: Sendable {
  /// Who may give the run up.
  enum Source: Sendable {
    /// Nobody.
    case none
    /// The task in which the run is asked for.
    case currentTask
    /// A flag that is raised elsewhere.
    case flag(CancellationFlag)
  }

  private let source: Source
  private let deadline: Deadline?

  /// - Parameter limit: The longest that the run may take from now on.
  init(_ source: Source, timeLimit limit: Duration?) {
    self.source = source
    deadline = limit.map { Deadline(after: $0) }
  }

  /// - Throws: `InfoldError` with `.cancelled`, or with `.limitExceeded` when the time is over.
  func check() throws(InfoldError) {
    if let error { throw error }
  }

  private var error: InfoldError? { isRaised ? .cancelledRun : deadline?.error }

  private var isRaised: Bool {
    switch source {
    case .none: false
    case .currentTask: Task.isCancelled
    case .flag(let flag): flag.isRaised.load(ordering: .relaxed)
    }
  }

  /// Runs `body`, whose loops end with the same errors.
  func interrupting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Interruption.asking({ error }, body)
  }
}

extension InfoldError {
  /// What a run throws that nobody wants any more.
  static var cancelledRun: InfoldError { InfoldError(.cancelled, "the run was cancelled") }
}

/// A flag that stays up once it is raised.
package final class CancellationFlag: Sendable {
  fileprivate let isRaised = Atomic(false)

  func raise() { isRaised.store(true, ordering: .relaxed) }
}
