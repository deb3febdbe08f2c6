import CMachine
import InfoldSystem
import Synchronization

/// The threads that help whoever runs a plan: one pool for the process, which one run uses at a time.
///
/// A run hands its work over in jobs of numbered tasks. Each thread begins with tasks that are its own by their numbers, so that
/// what it wrote in one job is what it reads in the next one, still in its cache; then it takes over what others have not begun,
/// and nobody waits for a helper that did not come. A helper without a job looks for the next one for a while, and then sleeps.
package final class WorkerPool: Sendable {
  /// What a job does: its context, the number of the task, and who does it (0 is the caller, helpers count from 1).
  package typealias Work = @convention(c) (_ context: UnsafeRawPointer, _ task: Int, _ worker: Int) -> Void

  /// The most tasks of a job.
  package static let mostTasks = 65535

  /// The pool of this process.
  package static let shared = WorkerPool()

  /// Lives as long as the process, and consists of atomics.
  nonisolated(unsafe) private let board = JobBoard.make()
  private let helpers = Mutex(0)

  /// A pool without helpers yet.
  package init() {}

  /// Makes the pool the caller's own until `release`, with at least `count` helpers.
  /// - Returns: Whether it could be had; if not, another run uses it, and the caller does its work alone.
  package func acquire(helpers count: Int) -> Bool {
    // Acquiring: what the last owner did to the board has happened before, also its numbering of jobs.
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

  /// Gives the pool back.
  package func release() {
    board.pointee.isTaken.store(false, ordering: .releasing)
  }

  /// Does every task of a job, with the caller and up to `workers` − 1 helpers, and returns when all are done.
  /// - Parameter arithmetic: How the helpers compute; the caller does already.
  /// - Precondition: The caller has acquired the pool; `count` is at most `mostTasks`.
  package func run(
    tasks count: Int, workers: Int, arithmetic: Arithmetic = Arithmetic(.kept), context: UnsafeRawPointer, _ work: Work
  ) {
    let job = JobBoard.Job(workers: workers, context: context, work: work, arithmetic: arithmetic)
    let generation = board.pointee.publish(tasks: count, job)
    while let task = board.pointee.claim(generation, worker: 0, of: workers) {
      work(context, task, 0)
      // Releasing, as in the helpers: each addition goes on with what the others have released, so that who sees their sum sees what all
      // have written.
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

  /// One thread of the pool. It lives as long as the process.
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
        // A claim succeeds only while the job is still the one that was seen, and then so was all that was read of it.
        while let task = board.pointee.claim(seen, worker: worker, of: job.workers) {
          job.work!(job.context!, task, worker)
          board.pointee.finished.add(1, ordering: .releasing)
        }
      }
    }
  }
}
