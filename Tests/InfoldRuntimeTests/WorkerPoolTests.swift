import Glibc
import InfoldRuntime
import Synchronization
import Testing

/// Jobs that a pool of threads shares.
@Suite struct WorkerPoolTests {
  /// What the tasks of a job have recorded.
  private final class Record: Sendable {
    let counts = Mutex<[Int]>([])
    let workers = Mutex<Set<Int>>([])
  }

  /// Runs a job whose tasks count themselves.
  private func run(_ pool: WorkerPool, tasks: Int, workers: Int) -> Record {
    let record = Record()
    record.counts.withLock { $0 = Array(repeating: 0, count: tasks) }
    pool.run(tasks: tasks, workers: workers, context: Unmanaged.passUnretained(record).toOpaque()) {
      context, task, worker in
      let record = Unmanaged<Record>.fromOpaque(context).takeUnretainedValue()
      record.counts.withLock { $0[task] += 1 }
      record.workers.withLock { _ = $0.insert(worker) }
    }
    return record
  }

  @Test func everyTaskIsDoneOnce() {
    let pool = WorkerPool()
    #expect(pool.acquire(helpers: 3))
    defer { pool.release() }
    for tasks in [0, 1, 2, 3, 4, 5, 64, 1000] {
      for workers in 1...4 {
        let record = run(pool, tasks: tasks, workers: workers)
        #expect(record.counts.withLock { $0 } == Array(repeating: 1, count: tasks))
        #expect(record.workers.withLock { $0.allSatisfy((0..<workers).contains) })
      }
    }
  }

  /// The caller does not wait for a missing helper: it does all of the work.
  @Test func withoutHelpers() {
    let pool = WorkerPool()
    #expect(pool.acquire(helpers: 0))
    let record = run(pool, tasks: 100, workers: 4)
    #expect(record.counts.withLock { $0 } == Array(repeating: 1, count: 100))
    #expect(record.workers.withLock { $0 } == [0])
    pool.release()
  }

  @Test func oneHasItAtATime() {
    let pool = WorkerPool()
    #expect(pool.acquire(helpers: 1))
    #expect(!pool.acquire(helpers: 1))
    pool.release()
    #expect(pool.acquire(helpers: 2))
    pool.release()
  }

  /// Consecutive jobs do not get each other's tasks, however late a helper starts.
  @Test func jobsInARow() {
    let pool = WorkerPool()
    #expect(pool.acquire(helpers: 3))
    defer { pool.release() }
    for job in 0..<2000 {
      let tasks = job % 7
      #expect(run(pool, tasks: tasks, workers: 1 + job % 4).counts.withLock { $0 } == Array(repeating: 1, count: tasks))
    }
  }

  /// A helper takes over tasks that the caller has not begun, while the caller is busy with its first task.
  @Test func helpersTakeOver() {
    let pool = WorkerPool()
    #expect(pool.acquire(helpers: 1))
    defer { pool.release() }
    let left = Atomic(7)
    withUnsafePointer(to: left) { left in
      pool.run(tasks: 8, workers: 2, context: left) { context, task, _ in
        let left = context.assumingMemoryBound(to: Atomic<Int>.self)
        if task > 0 {
          left.pointee.subtract(1, ordering: .sequentiallyConsistent)
        } else {
          // Ends when all other tasks are done.
          while left.pointee.load(ordering: .sequentiallyConsistent) > 0 {}
        }
      }
    }
    #expect(left.load(ordering: .sequentiallyConsistent) == 0)
  }

  /// Helpers that went to sleep, in a run or between two, are woken: the first task ends only when others have done the rest.
  @Test(arguments: [true, false]) func sleepersAreWoken(inRun: Bool) {
    let pool = WorkerPool()
    for _ in 0..<20 {
      #expect(pool.acquire(helpers: 2))
      if !inRun { pool.release() }
      // Longer than a helper spins for a job.
      usleep(5000)
      if !inRun { #expect(pool.acquire(helpers: 2)) }
      let left = Atomic(5)
      withUnsafePointer(to: left) { left in
        pool.run(tasks: 6, workers: 3, context: left) { context, task, _ in
          let left = context.assumingMemoryBound(to: Atomic<Int>.self)
          if task > 0 {
            left.pointee.subtract(1, ordering: .sequentiallyConsistent)
          } else {
            while left.pointee.load(ordering: .sequentiallyConsistent) > 0 { sched_yield() }
          }
        }
      }
      #expect(left.load(ordering: .sequentiallyConsistent) == 0)
      pool.release()
    }
  }
}
