import Dispatch
import InfoldSystem
import Synchronization

/// Threads that execute asynchronous runs, at most one per processor of the process, so that
/// Swift's own threads stay free.
final class RunThreads: Sendable {
  /// The threads of this process.
  static let shared = RunThreads(count: ProcessorCount.available)

  typealias Job = @Sendable () -> Void

  private struct State {
    /// The queued jobs, in the order of their arrival.
    var waiting: [Job] = []
    var idle = 0
    var threads = 0
  }

  private let count: Int
  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)

  init(count: Int) {
    self.count = count
  }

  /// Queues a job. It begins after all earlier jobs have begun.
  func submit(_ job: @escaping Job) {
    let isShort = state.withLock { state in
      guard state.waiting.count >= state.idle, state.threads < count else {
        state.waiting.append(job)
        return false
      }
      state.threads += 1
      return true
    }
    if isShort {
      let isStarted = BackgroundThread.start(named: "infold-run") { self.work() }
      let orphans = state.withLock { state in
        state.waiting.append(job)
        if isStarted { return [Job]() }
        state.threads -= 1
        guard state.threads == 0 else { return [] }
        defer { state.waiting = [] }
        return state.waiting
      }
      // If no thread could be started, the calling thread executes all queued jobs.
      guard orphans.isEmpty else { return orphans.forEach { $0() } }
    }
    arrivals.signal()
  }

  /// Executes `body` on one of the threads while the current task is suspended without blocking a
  /// thread.
  ///
  /// - Parameter body: The work. The flag is raised when the task is cancelled.
  /// - Returns: The outcome; `nil` if the task was cancelled before the work began.
  func result<Output: Sendable>(
    of body: @escaping @Sendable (CancellationFlag) throws(InfoldError) -> Output
  ) async -> Result<Output, InfoldError>? {
    let run = QueuedRun<Output>()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        run.wait(continuation)
        submit { run.perform(body) }
      }
    } onCancel: {
      run.cancel()
    }
  }

  private func work() -> Never {
    while true {
      state.withLock { $0.idle += 1 }
      arrivals.wait()
      let job = state.withLock { state in
        state.idle -= 1
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      job?()
    }
  }
}
