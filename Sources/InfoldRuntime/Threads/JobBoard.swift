import CMachine
import InfoldSystem
import Synchronization

/// What the threads of a pool share.
///
/// Each worker has a share of the tasks on a cache line of its own, at which its helper looks while it waits. What else is to be known of a
/// job lies where nobody looks before there is one: else the caller would lose the line between writing one word and the next.
struct JobBoard: ~Copyable {
  /// The most threads that can share a job.
  private static let capacity = 1024
  /// Processors fetch lines in pairs.
  private static let alignment = 128

  /// How long a helper looks for the next job before it sleeps, in nanoseconds: while a run has the pool, which one thread may go on
  /// with for some steps, and when none has. To wake a thread takes longer than most steps.
  private static let patience = (inRun: UInt64(300_000), behindRun: UInt64(50_000))
  /// How long it does so before it offers its processor to others again and again: the caller may be waiting for that very one.
  private static let undisturbed: UInt64 = 30_000
  /// How often it looks before it looks at the clock.
  private static let looks = 64

  /// Whether a run has the pool.
  let isTaken = Atomic(false)
  private let shares: UnsafeMutablePointer<Share>
  private let bell: UnsafeMutablePointer<Bell>
  private let filler = InlineArray<16, UInt64>(repeating: 0)
  private let workers = Atomic<Int>(0)
  private let context = Atomic<UnsafeRawPointer?>(nil)
  private let work = Atomic<UnsafeRawPointer?>(nil)
  private let arithmetic = Atomic<UInt64>(0)
  private let secondFiller = InlineArray<16, UInt64>(repeating: 0)
  /// The tasks of the job that are done: what helpers write and the caller looks at.
  let finished = Atomic<Int>(0)
  private let generation = Atomic<UInt32>(0)

  /// A job, as a worker sees it.
  struct Job {
    var workers: Int
    var context: UnsafeRawPointer?
    var work: WorkerPool.Work?
    /// How helpers compute.
    var arithmetic: Arithmetic
  }

  /// Some of the tasks of a job.
  fileprivate struct Share: ~Copyable {
    /// The generation of the job (32 bits), the end of the tasks (16), and the first one (16).
    let tasks = Atomic<UInt64>(0)
    private let filler = InlineArray<15, UInt64>(repeating: 0)
    /// Whether the worker will sleep, or does.
    let isAsleep = Atomic(false)
    private let secondFiller = InlineArray<15, UInt64>(repeating: 0)
  }

  /// The word that helpers sleep at.
  fileprivate struct Bell: ~Copyable {
    let word = Atomic<UInt32>(0)
  }

  /// A board that stays for the life of the process.
  static func make() -> UnsafeMutablePointer<JobBoard> {
    let shares = room(for: Share.self, capacity)
    for worker in 0..<capacity { (shares + worker).initialize(to: Share()) }
    let bell = room(for: Bell.self, 1)
    bell.initialize(to: Bell())
    let board = room(for: JobBoard.self, 1)
    board.initialize(to: JobBoard(shares: shares, bell: bell))
    return board
  }

  private static func room<Value: ~Copyable>(for _: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    UnsafeMutableRawPointer.allocate(
      byteCount: max(count * MemoryLayout<Value>.stride, alignment), alignment: alignment
    ).bindMemory(to: Value.self, capacity: count)
  }

  private init(shares: UnsafeMutablePointer<Share>, bell: UnsafeMutablePointer<Bell>) {
    self.shares = shares
    self.bell = bell
  }

  /// Puts up a job, and wakes who sleeps. Only whoever has the pool calls it.
  /// - Returns: Its generation.
  func publish(tasks: Int, _ job: Job) -> UInt32 {
    // Relaxed, for a helper reads them after it has acquired its share, which is released behind them. One that still reads them for the job
    // before cannot meet these values and then claim a task of that job: the caller has seen all of its tasks finished, and acquired what
    // came before that.
    let generation = generation.load(ordering: .relaxed) &+ 1
    self.generation.store(generation, ordering: .relaxed)
    finished.store(0, ordering: .relaxed)
    workers.store(job.workers, ordering: .relaxed)
    context.store(job.context, ordering: .relaxed)
    work.store(unsafeBitCast(job.work, to: UnsafeRawPointer?.self), ordering: .relaxed)
    arithmetic.store(job.arithmetic.control, ordering: .relaxed)
    for worker in 0..<job.workers {
      let part = (0..<tasks).part(worker, of: job.workers)
      shares[worker].publish(part, generation)
    }
    // This fence and the one of `awaitJob` come each between a write and a read of what the other side writes: of the two reads, at least one
    // sees it. Releasing and acquiring alone would let both miss it, on x86 as well.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    // A helper that has not seen its share yet has said before that it will sleep.
    if (1..<max(job.workers, 1)).contains(where: { shares[$0].isAsleep.load(ordering: .relaxed) }) {
      // Releasing, so that a helper which sees the new word, and does not sleep, sees the shares as well.
      bell.pointee.word.add(1, ordering: .releasing)
      infold_wake(bell, Int32.max)
    }
    return generation
  }

  /// The job that was seen last. It may be over, and another one about to take its place: then no claim succeeds.
  var job: Job {
    Job(
      workers: workers.load(ordering: .relaxed), context: context.load(ordering: .relaxed),
      work: unsafeBitCast(work.load(ordering: .relaxed), to: WorkerPool.Work?.self),
      arithmetic: Arithmetic(control: arithmetic.load(ordering: .relaxed)))
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

  /// Waits until a worker has a share in a job of another generation than `seen`, and returns that.
  func awaitJob(after seen: UInt32, worker: Int) -> UInt32 {
    // Relaxed: how long to wait depends on it, and nothing else.
    var wasTaken = isTaken.load(ordering: .relaxed)
    var begin: UInt64?
    while true {
      for _ in 0..<Self.looks {
        let now = shares[worker].generation
        if now != seen { return now }
        infold_spin_hint()
      }
      let (isTaken, now) = (isTaken.load(ordering: .relaxed), MonotonicClock.nanoseconds())
      if isTaken != wasTaken { begin = nil }
      wasTaken = isTaken
      let waited = now - (begin ?? now)
      if waited > (isTaken ? Self.patience.inRun : Self.patience.behindRun) { break }
      if waited > Self.undisturbed { BackgroundThread.yield() }
      begin = begin ?? now
    }
    shares[worker].isAsleep.store(true, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    // Relaxed: who still sees that this one sleeps wakes it in vain.
    defer { shares[worker].isAsleep.store(false, ordering: .relaxed) }
    while true {
      // The word is read first, which acquiring holds to: a job that is published behind it changes it, and the system looks at it again
      // before it puts the thread to sleep.
      let word = bell.pointee.word.load(ordering: .acquiring), now = shares[worker].generation
      if now != seen { return now }
      infold_sleep(bell, word)
    }
  }
}

extension JobBoard.Share {
  /// Acquiring: with a share, everything is seen that was written before it was published, the job and what earlier ones have computed.
  fileprivate var generation: UInt32 { UInt32(truncatingIfNeeded: tasks.load(ordering: .acquiring) >> 32) }

  fileprivate func publish(_ part: Range<Int>, _ generation: UInt32) {
    tasks.store(
      UInt64(generation) << 32 | UInt64(part.upperBound) << 16 | UInt64(part.lowerBound), ordering: .releasing)
  }

  /// Takes one of the tasks, if they are those of the job of this generation.
  fileprivate func take(_ generation: UInt32, fromEnd: Bool) -> Int? {
    // Acquiring, also where the exchange succeeds, for a share that is another worker's may have been seen by nothing else before. Releasing,
    // so that who takes a later task from it has seen what this one has.
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
