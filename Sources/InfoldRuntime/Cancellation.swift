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
    /// A task that is asked about by other threads, while it waits for them.
    case task(WaitingTask)
  }

  /// Whether a task is cancelled may be asked on any thread.
  struct WaitingTask: @unchecked Sendable {
    fileprivate let task: UnsafeCurrentTask
  }

  private let source: Source
  private let deadline: Deadline?

  /// - Parameter limit: The longest that the run may take from now on.
  init(_ source: Source, timeLimit limit: Duration?) {
    self.source = source
    deadline = limit.map { Deadline(after: $0) }
  }

  private init(source: Source, deadline: Deadline?) {
    self.source = source
    self.deadline = deadline
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
    case .task(let waiting): waiting.task.isCancelled
    }
  }

  /// Runs `body` with what says the same on every thread, while the current one waits.
  func onAnyThread(_ body: (Cancellation) -> Void) {
    guard case .currentTask = source else { return body(self) }
    withUnsafeCurrentTask { task in
      body(Cancellation(source: task.map { .task(WaitingTask(task: $0)) } ?? .none, deadline: deadline))
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
  /// Read and written relaxed: nothing else is to be seen with it.
  fileprivate let isRaised = Atomic(false)

  func raise() { isRaised.store(true, ordering: .relaxed) }
}

extension Cancellation? {
  /// Runs `body` with what says the same on every thread, while the current one waits.
  func onAnyThread(_ body: (Cancellation?) -> Void) {
    if let cancellation = self { cancellation.onAnyThread(body) } else { body(nil) }
  }
}
