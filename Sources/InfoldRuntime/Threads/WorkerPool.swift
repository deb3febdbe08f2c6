import CMachine
import InfoldSystem
import Synchronization

/// The threads that help whoever runs a plan: one pool for the process, which one run uses at a time.
///
/// A run hands its work over in jobs of numbered tasks. Each thread begins with tasks that are its own by their numbers, so that
/// what it wrote in one job is what it reads in the next one, still in its cache; then it takes over what others have not begun,
/// and nobody waits for a helper that did not come. A helper spins for a moment when there is nothing to do, and then sleeps.
package final class WorkerPool: Sendable {
  /// What a job does: its context, the number of the task, and who does it (0 is the caller, helpers count from 1).
  package typealias Work = @convention(c) (_ context: UnsafeRawPointer, _ task: Int, _ worker: Int) -> Void

  /// The pool of this process.
  package static let shared = WorkerPool()

  /// How often a helper looks for the next job before it sleeps: about 100 µs.
  private static let spins = 4000

  /// Lives as long as the process, and consists of atomics.
  nonisolated(unsafe) private let board = Board.make()
  private let helpers = Mutex(0)
  private let isTaken = Atomic(false)

  /// A pool without helpers yet.
  package init() {}

  /// Makes the pool the caller's own until `release`, with at least `count` helpers.
  /// - Returns: Whether it could be had; if not, another run uses it, and the caller does its work alone.
  package func acquire(helpers count: Int) -> Bool {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
      return false
    }
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
    isTaken.store(false, ordering: .releasing)
  }

  /// Does every task of a job, with the caller and up to `workers` − 1 helpers, and returns when all are done.
  /// - Parameter arithmetic: How the helpers compute; the caller does already.
  /// - Precondition: The caller has acquired the pool; `count` < 65536.
  package func run(
    tasks count: Int, workers: Int, arithmetic: Arithmetic = Arithmetic(.kept), context: UnsafeRawPointer, _ work: Work
  ) {
    let generation = board.pointee.publish(
      tasks: count, workers: workers, arithmetic: arithmetic, context: context, work)
    while let task = board.pointee.claim(generation, worker: 0, of: workers) {
      work(context, task, 0)
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
    nonisolated(unsafe) let board: UnsafeMutablePointer<Board>
    let worker: Int

    func loop() -> Never {
      var seen: UInt32 = 0
      var arithmetic = Arithmetic.current
      while true {
        seen = board.pointee.awaitJob(after: seen, spins: WorkerPool.spins)
        let workers = board.pointee.workers.load(ordering: .relaxed)
        guard worker < workers else { continue }
        let context = board.pointee.context.load(ordering: .relaxed)
        let work = board.pointee.work.load(ordering: .relaxed)
        let asked = Arithmetic(control: board.pointee.arithmetic.load(ordering: .relaxed))
        if asked != arithmetic {
          arithmetic = asked
          arithmetic.adopt()
        }
        // A claim succeeds only while the job is still the one that was seen, and then so was all that was read of it.
        while let task = board.pointee.claim(seen, worker: worker, of: workers) {
          unsafeBitCast(work, to: Work.self)(context!, task, worker)
          board.pointee.finished.add(1, ordering: .releasing)
        }
      }
    }
  }
}

/// What the threads of a pool share.
private struct Board: ~Copyable {
  /// The most threads that can share a job.
  static let capacity = 1024

  /// The tasks of each worker that nobody has begun.
  let shares: UnsafeMutablePointer<Share>
  let finished = Atomic<Int>(0)
  let workers = Atomic<Int>(0)
  let context = Atomic<UnsafeRawPointer?>(nil)
  let work = Atomic<UnsafeRawPointer?>(nil)
  /// How helpers compute: their control register.
  let arithmetic = Atomic<UInt64>(Arithmetic(.kept).control)
  /// The number of the job, as the word that helpers sleep at.
  let generation: UnsafeMutablePointer<Atomic<UInt32>>
  let sleepers = Atomic<Int>(0)

  /// Some of the tasks of a job, on a cache line of their own.
  struct Share: ~Copyable {
    /// The generation of the job (32 bits), the end of the tasks (16), and the first one (16).
    let tasks = Atomic<UInt64>(0)
    private let filler = InlineArray<7, UInt64>(repeating: 0)
  }

  /// A board that stays for the life of the process.
  static func make() -> UnsafeMutablePointer<Board> {
    let generation = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
    generation.initialize(to: Atomic(0))
    let shares = UnsafeMutablePointer<Share>.allocate(capacity: capacity)
    for worker in 0..<capacity { (shares + worker).initialize(to: Share()) }
    let board = UnsafeMutablePointer<Board>.allocate(capacity: 1)
    board.initialize(to: Board(shares: shares, generation: generation))
    return board
  }

  init(shares: UnsafeMutablePointer<Share>, generation: UnsafeMutablePointer<Atomic<UInt32>>) {
    self.shares = shares
    self.generation = generation
  }

  /// Puts up a job, and wakes who sleeps.
  /// - Returns: Its generation.
  func publish(
    tasks: Int, workers: Int, arithmetic: Arithmetic, context: UnsafeRawPointer, _ work: WorkerPool.Work
  ) -> UInt32 {
    finished.store(0, ordering: .relaxed)
    self.workers.store(workers, ordering: .relaxed)
    self.context.store(context, ordering: .relaxed)
    self.arithmetic.store(arithmetic.control, ordering: .relaxed)
    self.work.store(unsafeBitCast(work, to: UnsafeRawPointer.self), ordering: .relaxed)
    let next = generation.pointee.load(ordering: .relaxed) &+ 1
    for worker in 0..<workers {
      let share = (0..<tasks).part(worker, of: workers)
      shares[worker].tasks.store(
        UInt64(next) << 32 | UInt64(share.upperBound) << 16 | UInt64(share.lowerBound), ordering: .releasing)
    }
    generation.pointee.store(next, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { infold_wake(generation, Int32.max) }
    return next
  }

  /// The next task for a worker of the job of this generation: the first of its own, else the last of another's; `nil` when there is
  /// none, or the job is over.
  func claim(_ generation: UInt32, worker: Int, of workers: Int) -> Int? {
    if let task = shares[worker].take(generation, fromEnd: false) { return task }
    for distance in 1..<max(workers, 1) {
      let other = worker + distance
      if let task = shares[other < workers ? other : other - workers].take(generation, fromEnd: true) { return task }
    }
    return nil
  }

  /// Waits for a job of another generation than `seen`, and returns that.
  func awaitJob(after seen: UInt32, spins: Int) -> UInt32 {
    for _ in 0..<spins {
      let now = generation.pointee.load(ordering: .acquiring)
      if now != seen { return now }
      infold_spin_hint()
    }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while generation.pointee.load(ordering: .sequentiallyConsistent) == seen { infold_sleep(generation, seen) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    return generation.pointee.load(ordering: .acquiring)
  }
}

extension Board.Share {
  /// Takes one of the tasks, if they are those of the job of this generation.
  func take(_ generation: UInt32, fromEnd: Bool) -> Int? {
    var current = tasks.load(ordering: .acquiring)
    while true {
      let first = current & 0xffff, end = current >> 16 & 0xffff
      guard UInt32(truncatingIfNeeded: current >> 32) == generation, first < end else { return nil }
      let (exchanged, original) = tasks.weakCompareExchange(
        expected: current, desired: fromEnd ? current - 1 << 16 : current + 1, ordering: .acquiringAndReleasing)
      if exchanged { return Int(fromEnd ? end - 1 : first) }
      current = original
    }
  }
}
