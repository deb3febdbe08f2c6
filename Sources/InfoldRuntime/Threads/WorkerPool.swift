import CMachine
import Glibc
import Synchronization

/// The threads that help whoever runs a plan: one pool for the process, which one run uses at a time.
///
/// A run hands its work over in jobs of numbered tasks, and takes tasks itself until none is left: nobody waits for a
/// helper that did not come. A helper spins for a moment when there is nothing to do, and then sleeps.
final class WorkerPool: Sendable {
  /// What a job does: its context, the number of the task, and who does it (0 is the caller, helpers count from 1).
  typealias Work = @convention(c) (_ context: UnsafeRawPointer, _ task: Int, _ worker: Int) -> Void

  /// The pool of this process.
  static let shared = WorkerPool()

  /// How often a helper looks for the next job before it sleeps: about 100 µs.
  private static let spins = 4000

  /// Lives as long as the process, and consists of atomics.
  nonisolated(unsafe) private let board = Board.make()
  private let helpers = Mutex(0)
  private let isTaken = Atomic(false)

  /// Makes the pool the caller's own until `release`, with at least `count` helpers.
  /// - Returns: Whether it could be had; if not, another run uses it, and the caller does its work alone.
  func acquire(helpers count: Int) -> Bool {
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
  func release() {
    isTaken.store(false, ordering: .releasing)
  }

  /// Does every task of a job, with the caller and up to `workers` − 1 helpers, and returns when all are done.
  /// - Precondition: The caller has acquired the pool; `count` < 65536.
  func run(tasks count: Int, workers: Int, context: UnsafeRawPointer, _ work: Work) {
    board.pointee.publish(tasks: count, workers: workers, context: context, work)
    let generation = board.pointee.generation
    while let task = board.pointee.claim(generation) {
      work(context, task, 0)
      board.pointee.finished.add(1, ordering: .releasing)
    }
    var spins = 0
    while board.pointee.finished.load(ordering: .acquiring) < count {
      spins += 1
      if spins % 2048 == 0 { sched_yield() } else { infold_spin_hint() }
    }
  }

  private func start(worker: Int) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    let argument = UnsafeMutablePointer<Helper>.allocate(capacity: 1)
    argument.initialize(to: Helper(board: board, worker: worker))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        let helper = argument!.assumingMemoryBound(to: Helper.self).move()
        argument!.deallocate()
        helper.loop()
      }, argument)
    if status != 0 { argument.deallocate() }
    return status == 0
  }

  /// One thread of the pool. It lives as long as the process.
  private struct Helper {
    let board: UnsafeMutablePointer<Board>
    let worker: Int

    func loop() -> Never {
      var seen: UInt32 = 0
      while true {
        seen = board.pointee.awaitJob(after: seen, spins: WorkerPool.spins)
        guard worker < board.pointee.workers.load(ordering: .relaxed) else { continue }
        let context = board.pointee.context.load(ordering: .relaxed)
        let work = board.pointee.work.load(ordering: .relaxed)
        // A claim succeeds only while the job is still the one that was seen, and then so was all that was read of it.
        while let task = board.pointee.claim(seen) {
          unsafeBitCast(work, to: Work.self)(context!, task, worker)
          board.pointee.finished.add(1, ordering: .releasing)
        }
      }
    }
  }
}

/// What the threads of a pool share.
private struct Board: ~Copyable {
  /// The generation of the job (32 bits), its number of tasks (16), and the next task (16).
  let ticket = Atomic<UInt64>(0)
  let finished = Atomic<Int>(0)
  let workers = Atomic<Int>(0)
  let context = Atomic<UnsafeRawPointer?>(nil)
  let work = Atomic<UnsafeRawPointer?>(nil)
  /// The generation once more, as the word that helpers sleep at.
  let wake: UnsafeMutablePointer<Atomic<UInt32>>
  let sleepers = Atomic<Int>(0)

  /// A board that stays for the life of the process.
  static func make() -> UnsafeMutablePointer<Board> {
    let wake = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
    wake.initialize(to: Atomic(0))
    let board = UnsafeMutablePointer<Board>.allocate(capacity: 1)
    board.initialize(to: Board(wake: wake))
    return board
  }

  init(wake: UnsafeMutablePointer<Atomic<UInt32>>) {
    self.wake = wake
  }

  var generation: UInt32 { UInt32(truncatingIfNeeded: ticket.load(ordering: .relaxed) >> 32) }

  func publish(tasks: Int, workers: Int, context: UnsafeRawPointer, _ work: WorkerPool.Work) {
    finished.store(0, ordering: .relaxed)
    self.workers.store(workers, ordering: .relaxed)
    self.context.store(context, ordering: .relaxed)
    self.work.store(unsafeBitCast(work, to: UnsafeRawPointer.self), ordering: .relaxed)
    let next = generation &+ 1
    ticket.store(UInt64(next) << 32 | UInt64(tasks) << 16, ordering: .sequentiallyConsistent)
    wake.pointee.store(next, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { infold_wake(wake, Int32.max) }
  }

  /// The next task of the job of this generation; `nil` when there is none, or the job is over.
  func claim(_ generation: UInt32) -> Int? {
    var current = ticket.load(ordering: .acquiring)
    while true {
      let next = current & 0xffff
      guard UInt32(truncatingIfNeeded: current >> 32) == generation, next < current >> 16 & 0xffff else { return nil }
      let (exchanged, original) = ticket.weakCompareExchange(
        expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
      if exchanged { return Int(next) }
      current = original
    }
  }

  /// Waits for a job of another generation than `seen`, and returns that.
  func awaitJob(after seen: UInt32, spins: Int) -> UInt32 {
    for _ in 0..<spins {
      let now = UInt32(truncatingIfNeeded: ticket.load(ordering: .acquiring) >> 32)
      if now != seen { return now }
      infold_spin_hint()
    }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while wake.pointee.load(ordering: .sequentiallyConsistent) == seen { infold_sleep(wake, seen) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    return UInt32(truncatingIfNeeded: ticket.load(ordering: .acquiring) >> 32)
  }
}
