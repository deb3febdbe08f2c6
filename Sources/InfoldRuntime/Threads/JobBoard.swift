import CMachine
import InfoldSystem
import Synchronization

/// The shared state of a worker pool's threads.
///
/// Each worker's share of the tasks has its own cache line, which its helper polls while it waits.
/// The other parameters of a job are on lines that no helper reads before there is a job.
/// Otherwise, polling helpers would take these lines from the caller between two writes.
struct JobBoard: ~Copyable {
  /// The maximum number of threads that can share a job.
  private static let capacity = 1024
  /// Processors fetch cache lines in pairs.
  private static let alignment = 128

  /// How long a helper polls for the next job before it sleeps, in nanoseconds: while a run holds
  /// the pool but executes some steps on one thread, and while no run holds it. Waking a thread
  /// takes longer than most steps.
  private static let patience = (inRun: UInt64(300_000), afterRun: UInt64(50_000))
  /// How long a helper polls before it starts yielding its processor, because the caller may be
  /// waiting for that very processor.
  private static let undisturbed: UInt64 = 30_000
  /// The number of polls between two looks at the clock.
  private static let looks = 64

  /// Whether a run holds the pool.
  let isTaken = Atomic(false)
  private let shares: UnsafeMutablePointer<Share>
  private let bell: UnsafeMutablePointer<Bell>
  private let filler = InlineArray<16, UInt64>(repeating: 0)
  private let workers = Atomic<Int>(0)
  private let context = Atomic<UnsafeRawPointer?>(nil)
  private let work = Atomic<UnsafeRawPointer?>(nil)
  private let arithmetic = Atomic<UInt64>(0)
  private let secondFiller = InlineArray<16, UInt64>(repeating: 0)
  /// The number of finished tasks of the job, written by helpers and polled by the caller.
  let finished = Atomic<Int>(0)
  private let generation = Atomic<UInt32>(0)

  /// A job, as a worker sees it.
  struct Job {
    var workers: Int
    var context: UnsafeRawPointer?
    var work: WorkerPool.Work?
    /// The floating-point mode of helpers.
    var arithmetic: Arithmetic
  }

  /// A worker's share of the tasks of a job.
  fileprivate struct Share: ~Copyable {
    /// The generation of the job (32 bits), the end of the tasks (16 bits), and the first task (16
    /// bits).
    let tasks = Atomic<UInt64>(0)
    private let filler = InlineArray<15, UInt64>(repeating: 0)
    /// Whether the worker is asleep or about to sleep.
    let isAsleep = Atomic(false)
    private let secondFiller = InlineArray<15, UInt64>(repeating: 0)
  }

  /// The futex word on which helpers sleep.
  fileprivate struct Bell: ~Copyable {
    let word = Atomic<UInt32>(0)
  }

  /// Creates a board that exists until the process ends.
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

  /// Publishes a job and wakes sleeping helpers. Only the owner of the pool may call it.
  ///
  /// - Returns: The generation of the job.
  func publish(tasks: Int, _ job: Job) -> UInt32 {
    // Relaxed ordering suffices: a helper reads these after it acquires its share, which is
    // released after them. A helper that still reads them for the previous job may see new values,
    // but cannot then claim a task of that job. The caller has seen all tasks of the previous job
    // finished, and has acquired everything before that.
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
    // This fence and the one in `awaitJob` each separate a write from a read of what the other side
    // writes. At least one of the two reads sees the other side's write. Release and acquire
    // ordering alone would allow both to miss it, even on x86.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    // A helper that has not seen its share yet has announced that it will sleep.
    if (1..<max(job.workers, 1)).contains(where: { shares[$0].isAsleep.load(ordering: .relaxed) }) {
      // Releasing, so that a helper that sees the new word and does not sleep also sees the shares.
      bell.pointee.word.add(1, ordering: .releasing)
      infold_wake(bell, Int32.max)
    }
    return generation
  }

  /// The most recent job. It may be over, and another job may be replacing it; then no claim
  /// succeeds.
  var job: Job {
    Job(
      workers: workers.load(ordering: .relaxed), context: context.load(ordering: .relaxed),
      work: unsafeBitCast(work.load(ordering: .relaxed), to: WorkerPool.Work?.self),
      arithmetic: Arithmetic(control: arithmetic.load(ordering: .relaxed)))
  }

  /// Claims the next task for a worker of the job of this generation: the first of its own share,
  /// or else the last of another share. Returns `nil` if no task is left or the job is over.
  func claim(_ generation: UInt32, worker: Int, of workers: Int) -> Int? {
    if let task = shares[worker].take(generation, fromEnd: false) { return task }
    for distance in 1..<max(workers, 1) {
      let other = worker + distance
      if let task = shares[other < workers ? other : other - workers].take(generation, fromEnd: true) { return task }
    }
    return nil
  }

  /// Waits until a worker has a share in a job of another generation than `seen`, and returns that
  /// generation.
  func awaitJob(after seen: UInt32, worker: Int) -> UInt32 {
    // Relaxed ordering: it affects only how long to wait.
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
      if waited > (isTaken ? Self.patience.inRun : Self.patience.afterRun) { break }
      if waited > Self.undisturbed { BackgroundThread.yield() }
      begin = begin ?? now
    }
    shares[worker].isAsleep.store(true, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    // Relaxed ordering: a thread that still sees this worker as asleep only wakes it in vain.
    defer { shares[worker].isAsleep.store(false, ordering: .relaxed) }
    while true {
      // Acquiring, so that the word is read first: a job published afterwards changes the word,
      // which the system checks again before it puts the thread to sleep.
      let word = bell.pointee.word.load(ordering: .acquiring), now = shares[worker].generation
      if now != seen { return now }
      infold_sleep(bell, word)
    }
  }
}

extension JobBoard.Share {
  /// Acquiring: a worker that sees its share also sees everything written before it was published,
  /// namely the job and the results of earlier jobs.
  fileprivate var generation: UInt32 { UInt32(truncatingIfNeeded: tasks.load(ordering: .acquiring) >> 32) }

  fileprivate func publish(_ part: Range<Int>, _ generation: UInt32) {
    tasks.store(
      UInt64(generation) << 32 | UInt64(part.upperBound) << 16 | UInt64(part.lowerBound), ordering: .releasing)
  }

  /// Claims one of the tasks if they belong to the job of this generation.
  fileprivate func take(_ generation: UInt32, fromEnd: Bool) -> Int? {
    // Acquiring, also when the exchange succeeds, because this may be the first access to another
    // worker's share. Releasing, so that a worker that claims a later task from the share sees what
    // this worker has seen.
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
