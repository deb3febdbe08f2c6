import Dispatch
import Glibc
import Synchronization

/// A task executor with its own threads, so that computations block neither Swift's threads nor
/// event loops. Tasks run in the order in which they are enqueued.
///
/// Threads are started when they are first needed, and end with this object.
final class ComputeThreads: TaskExecutor {
  private let board: Board

  /// - Parameter count: The maximum number of threads.
  init(count: Int) {
    board = Board(count: count)
  }

  deinit { board.end() }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    board.add { job.runSynchronously(on: executor) }
  }
}

/// The jobs of the threads. Threads reference only this object, so that they do not keep the
/// executor alive.
private final class Board: Sendable {
  typealias Job = @Sendable () -> Void

  private struct State {
    var jobs: [Job] = []
    var idle = 0
    var threads = 0
    var hasEnded = false
  }

  private let count: Int
  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)

  init(count: Int) { self.count = count }

  func add(_ job: @escaping Job) {
    let isShort = state.withLock { state in
      state.jobs.append(job)
      guard state.jobs.count > state.idle, state.threads < count else { return false }
      state.threads += 1
      return true
    }
    if isShort, !start() {
      let isAlone = state.withLock { state in
        state.threads -= 1
        return state.threads == 0
      }
      // If the system provides no thread, Dispatch does.
      if isAlone { DispatchQueue.global().async { self.perform() } }
    }
    arrivals.signal()
  }

  func end() {
    let threads = state.withLock { state in
      state.hasEnded = true
      return state.threads
    }
    for _ in 0..<threads { arrivals.signal() }
  }

  /// - Returns: Whether a thread could be started.
  private func start() -> Bool {
    let board = Unmanaged.passRetained(self)
    // Signals are handled by other threads.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        Board.nameThread()
        Unmanaged<Board>.fromOpaque(argument!).takeRetainedValue().work()
        return nil
      }, board.toOpaque())
    guard status == 0 else {
      board.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Names the current thread for debuggers and profilers. Otherwise it would have the name of its
  /// creator.
  private static func nameThread() {
    let file = open("/proc/thread-self/comm", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, "infold-compute", 14)
    close(file)
  }

  private func work() {
    while true {
      state.withLock { $0.idle += 1 }
      arrivals.wait()
      let hasEnded = state.withLock { state in
        state.idle -= 1
        return state.hasEnded && state.jobs.isEmpty
      }
      if hasEnded { return }
      perform()
    }
  }

  /// Runs one job, if there is one.
  private func perform() {
    let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    job?()
  }
}
