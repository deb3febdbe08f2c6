import InfoldSystem
import Synchronization

/// Conditions that end a run early: cancellation by the caller, or an expired time limit. They are
/// checked between two steps.
package struct Cancellation: Sendable {
  /// Where a cancellation request comes from.
  enum Source: Sendable {
    /// The run cannot be cancelled.
    case none
    /// The task that started the run.
    case currentTask
    /// A flag that another thread raises.
    case flag(CancellationFlag)
    /// A task that waits while other threads check it for cancellation.
    case task(WaitingTask)
  }

  /// A waiting task that any thread may check for cancellation.
  struct WaitingTask: @unchecked Sendable {
    fileprivate let task: UnsafeCurrentTask
  }

  private let source: Source
  private let deadline: Deadline?

  /// - Parameter limit: The longest time that the run may take, starting now.
  init(_ source: Source, timeLimit limit: Duration?) {
    self.source = source
    deadline = limit.map { Deadline(after: $0) }
  }

  private init(source: Source, deadline: Deadline?) {
    self.source = source
    self.deadline = deadline
  }

  /// - Throws: `InfoldError.Code.cancelled` if the run was cancelled,
  ///   `InfoldError.Code.limitExceeded` if its time limit has expired.
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

  /// Runs `body` with an equivalent cancellation that any thread may check while the current thread
  /// waits.
  func onAnyThread(_ body: (Cancellation) -> Void) {
    guard case .currentTask = source else { return body(self) }
    withUnsafeCurrentTask { task in
      body(Cancellation(source: task.map { .task(WaitingTask(task: $0)) } ?? .none, deadline: deadline))
    }
  }

  /// Runs `body`. Its loops check for cancellation and throw the same errors as `check()`.
  func interrupting<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Interruption.asking({ error }, body)
  }
}

extension InfoldError {
  /// The error of a cancelled run.
  static var cancelledRun: InfoldError { InfoldError(.cancelled, "the run was cancelled") }
}

/// A flag that stays raised once it is raised.
package final class CancellationFlag: Sendable {
  /// Accessed with relaxed ordering: no other memory is published through it.
  fileprivate let isRaised = Atomic(false)

  func raise() { isRaised.store(true, ordering: .relaxed) }
}

extension Cancellation? {
  /// Runs `body` with an equivalent cancellation that any thread may check while the current thread
  /// waits.
  func onAnyThread(_ body: (Cancellation?) -> Void) {
    if let cancellation = self { cancellation.onAnyThread(body) } else { body(nil) }
  }
}
