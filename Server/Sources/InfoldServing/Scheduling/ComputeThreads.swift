import Dispatch
import Glibc
import Synchronization

/// Threads on which tasks run that ask for them, in the order in which they ask: what computes keeps no thread of Swift's own, nor of the
/// network.
///
/// A thread is started when it is needed first, and ends with the object.
final class ComputeThreads: TaskExecutor {
  private let board: Board

  /// - Parameter count: The most threads.
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

/// What the threads have to do. They know nothing else, so that they keep nobody.
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
      // The system gives no thread: Dispatch has some.
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

  /// - Returns: Whether the system gave a thread.
  private func start() -> Bool {
    let board = Unmanaged.passRetained(self)
    // What handles signals runs on threads of its own.
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

  /// Says what debuggers and profilers call the current thread, which else has the name of the one that started it.
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

  /// Does one job, if there is one.
  private func perform() {
    let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    job?()
  }
}
