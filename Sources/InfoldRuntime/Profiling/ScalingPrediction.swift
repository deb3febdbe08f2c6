import CMachine
import InfoldSystem
import InfoldTensor
import Synchronization

/// How long a run would take with so many threads, on as many processors, by the times that the steps of its plan take with one, and
/// by the tasks into which they are cut.
///
/// What the threads share is left out: the bandwidth of the memory, the heat of the processor, and lines that move from cache to cache.
package struct ScalingPrediction: Sendable {
  /// A step.
  package struct Layer: Sendable {
    /// What it is, and its time with one thread.
    package let time: LayerTime
    /// The most tasks of a phase.
    package let tasks: Int
    /// With all threads, in nanoseconds.
    package let nanoseconds: Double
    /// The part of it in which one thread works and the others wait.
    package let serialNanoseconds: Double
  }

  package let threads: Int
  /// The steps in their order.
  package let layers: [Layer]

  /// With one thread, by the plan for as many as `threads`.
  package var aloneNanoseconds: Double { layers.reduce(0) { $0 + Double($1.time.nanoseconds) } }
  /// With all threads.
  package var nanoseconds: Double { layers.reduce(0) { $0 + $1.nanoseconds } }
  /// The time in which one thread works and the others wait.
  package var serialNanoseconds: Double { layers.reduce(0) { $0 + $1.serialNanoseconds } }

  /// The steps in a row that one thread does and that take the longest together; none where all are shared.
  package var longestSerialPart: ArraySlice<Layer> {
    let runs = layers.split { $0.tasks > 1 }
    func length(_ run: ArraySlice<Layer>) -> Double { run.reduce(0) { $0 + $1.nanoseconds } }
    return runs.max { length($0) < length($1) } ?? []
  }
}

extension ScalingPrediction {
  /// What it costs that threads begin a job together and wait for one another, in nanoseconds.
  package struct Barrier: Sendable {
    /// With two threads.
    package let pair: Double

    package init(pair: Double) {
      self.pair = pair
    }

    /// A helper is told of a job, and counts what it has done, on lines of memory that move from core to core. A part of that
    /// overlaps with what the other helpers do.
    func nanoseconds(threads: Int) -> Double { pair * (1 + Double(threads - 2) / 4) }
  }

  /// - Parameters:
  ///   - steps: Those of a plan for `threads`, with their times.
  init(_ steps: [(step: any Step, time: LayerTime)], threads: Int, barrier: Barrier) {
    self.threads = threads
    layers = steps.map { step, time in
      let whole = (0..<step.phases).reduce(0) { $0 + step.work(phase: $1, task: 0, of: 1) }
      let nanoseconds = Double(time.nanoseconds) / Double(max(whole, 1))
      var (most, end, serial) = (1, 0.0, 0.0)
      for phase in 0..<step.phases {
        let tasks = step.tasks(phase: phase, workers: threads)
        let workers = min(threads, tasks)
        let times = (0..<tasks).map { Double(step.work(phase: phase, task: $0, of: tasks)) * nanoseconds }
        if threads == 1 || tasks == 1 {
          serial += times.reduce(0, +)
        } else {
          end += TaskSchedule(times, workers: workers).end
          end += Double(max(time.repetitions, 1)) * barrier.nanoseconds(threads: workers)
        }
        most = max(most, tasks)
      }
      return Layer(
        time: time, tasks: threads == 1 ? 1 : most, nanoseconds: end + serial, serialNanoseconds: serial)
    }
  }
}

extension Session {
  /// How long a run would take with the session's threads, by what its steps take with one.
  /// - Parameters:
  ///   - inputs: As for `run(_:)`.
  ///   - runs: The number of measured runs, at least 1.
  ///   - barrier: What it costs that threads wait for one another.
  ///   - progress: Called after each run with the number of those that are done.
  /// - Throws: As `run(_:)`.
  package func scalingPrediction(
    _ inputs: [String: Tensor], runs: Int, barrier: ScalingPrediction.Barrier, progress: (Int) -> Void = { _ in }
  ) throws(InfoldError) -> ScalingPrediction {
    let (plan, times) = try measuredPlan(inputs, runs: runs, isAlone: true, progress: progress)
    // The steps of a model's own graph all run; those of bodies are inside of them.
    precondition(plan.steps.count == times.count, "\(times.count) times of \(plan.steps.count) steps")
    return ScalingPrediction(
      zip(plan.steps, times).map { ($0.step, $1) }, threads: threads, barrier: barrier)
  }
}

extension ScalingPrediction.Barrier {
  /// The longest that jobs are measured for, and that one can take which nobody disturbs, in nanoseconds.
  private static let limits = (all: UInt64(100_000_000), one: UInt64(50_000))

  /// That of this machine, the median of some thousand jobs of two tasks, each of which ends when both have begun; `nil` where the process
  /// has one processor, another run has the threads, or other processes have the processors.
  package static func measured() -> Self? {
    guard ProcessorCount.available > 1, WorkerPool.shared.acquire(helpers: 1) else { return nil }
    defer { WorkerPool.shared.release() }
    let begun = Atomic(0), end = MonotonicClock.nanoseconds() + limits.all
    let times = withUnsafePointer(to: begun) { begun in
      (0..<4000).compactMap { _ -> UInt64? in
        guard MonotonicClock.nanoseconds() < end else { return nil }
        begun.pointee.store(0, ordering: .relaxed)
        let begin = MonotonicClock.nanoseconds()
        WorkerPool.shared.run(tasks: 2, workers: 2, context: begun) { context, _, _ in
          let begun = context.assumingMemoryBound(to: Atomic<Int>.self)
          // Relaxed: nothing else is to be seen with it.
          begun.pointee.add(1, ordering: .relaxed)
          // Where no helper could be started, one thread does both tasks.
          var patience = 1_000_000
          while begun.pointee.load(ordering: .relaxed) < 2, patience > 0 {
            patience -= 1
            infold_spin_hint()
          }
        }
        return MonotonicClock.nanoseconds() - begin
      }
    }
    guard let median = times.sorted().dropFirst(times.count / 2).first, median <= limits.one else { return nil }
    return Self(pair: Double(median))
  }
}
