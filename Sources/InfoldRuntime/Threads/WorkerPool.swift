import CMachine
import InfoldSystem
import Synchronization

/// The threads that help to execute a plan. The process has one pool, which one run uses at a time.
///
/// A run divides its work into jobs of numbered tasks. Each thread begins with its own share of the
/// tasks, determined by their numbers, so that it reads in one job what it wrote in the previous
/// one, still in its cache. Then it steals tasks that others have not begun, so that no thread
/// waits for a late helper. A helper without a job polls for the next one for a while and then
/// sleeps.
package final class WorkerPool: Sendable {
  /// The function of a job. Its arguments are the context, the number of the task, and the worker:
  /// 0 for the caller, helpers count from 1.
  package typealias Work = @convention(c) (_ context: UnsafeRawPointer, _ task: Int, _ worker: Int) -> Void

  /// The maximum number of tasks per job.
  package static let mostTasks = 65535

  /// The pool of this process.
  package static let shared = WorkerPool()

  /// The board exists until the process ends and consists of atomics.
  nonisolated(unsafe) private let board = JobBoard.make()
  private let helpers = Mutex(0)

  /// Creates a pool without helpers.
  package init() {}

  /// Acquires the pool with at least `count` helpers for exclusive use until `release`.
  ///
  /// - Returns: Whether the pool was acquired. If not, another run uses it, and the caller must
  ///   work alone.
  package func acquire(helpers count: Int) -> Bool {
    // Acquiring: everything that the previous owner did to the board happens before this, including
    // its numbering of jobs.
    let (isMine, _) = board.pointee.isTaken.compareExchange(
      expected: false, desired: true, ordering: .acquiringAndReleasing)
    guard isMine else { return false }
    helpers.withLock { present in
      while present < count {
        guard start(worker: present + 1) else { return }
        present += 1
      }
    }
    return true
  }

  /// Releases the pool.
  package func release() {
    board.pointee.isTaken.store(false, ordering: .releasing)
  }

  /// Executes all tasks of a job on the calling thread and up to `workers` − 1 helpers, and returns
  /// when all are finished.
  ///
  /// - Parameter arithmetic: The floating-point mode for the helpers. The caller must have set its
  ///   own.
  /// - Precondition: The caller has acquired the pool, and `count` is at most `mostTasks`.
  package func run(
    tasks count: Int, workers: Int, arithmetic: Arithmetic = Arithmetic(.kept), context: UnsafeRawPointer, _ work: Work
  ) {
    let job = JobBoard.Job(workers: workers, context: context, work: work, arithmetic: arithmetic)
    let generation = board.pointee.publish(tasks: count, job)
    while let task = board.pointee.claim(generation, worker: 0, of: workers) {
      work(context, task, 0)
      // Releasing, as in the helpers. The additions form a release sequence, so that a thread that
      // sees the final sum sees everything that all workers have written.
      board.pointee.finished.add(1, ordering: .releasing)
    }
    var spins = 0
    while board.pointee.finished.load(ordering: .acquiring) < count {
      spins += 1
      if spins % 2048 == 0 { BackgroundThread.yield() } else { infold_spin_hint() }
    }
  }

  private func start(worker: Int) -> Bool {
    let helper = Helper(board: board, worker: worker)
    return BackgroundThread.start(named: "infold-\(worker)") { helper.loop() }
  }

  /// A thread of the pool. It exists until the process ends.
  private struct Helper: Sendable {
    nonisolated(unsafe) let board: UnsafeMutablePointer<JobBoard>
    let worker: Int

    func loop() -> Never {
      var seen: UInt32 = 0
      var arithmetic = Arithmetic.current
      while true {
        seen = board.pointee.awaitJob(after: seen, worker: worker)
        let job = board.pointee.job
        if job.arithmetic != arithmetic {
          arithmetic = job.arithmetic
          arithmetic.adopt()
        }
        // A claim succeeds only if `seen` is still the current job. The parameters in `job` are
        // then those of that job.
        while let task = board.pointee.claim(seen, worker: worker, of: job.workers) {
          job.work!(job.context!, task, worker)
          board.pointee.finished.add(1, ordering: .releasing)
        }
      }
    }
  }
}
