import CMachine
import InfoldSystem
import InfoldTensor
import Synchronization

/// A prediction of the time of a run with a given number of threads, on as many processors. It uses
/// the single-thread times of a plan's steps and the tasks into which they are divided.
///
/// The model ignores what threads share: memory bandwidth, the thermal budget of the processor, and
/// cache lines that move between cores.
package struct ScalingPrediction: Sendable {
  /// The prediction for one step.
  package struct Layer: Sendable {
    /// The step with its single-thread time.
    package let time: LayerTime
    /// The number of tasks of the phase that has the most.
    package let tasks: Int
    /// The predicted time with all threads, in nanoseconds.
    package let nanoseconds: Double
    /// The part of that time in which one thread works and the others wait.
    package let serialNanoseconds: Double
  }

  package let threads: Int
  /// The steps in order.
  package let layers: [Layer]

  /// The single-thread time of the plan made for `threads` threads.
  package var aloneNanoseconds: Double { layers.reduce(0) { $0 + Double($1.time.nanoseconds) } }
  /// The predicted time with all threads.
  package var nanoseconds: Double { layers.reduce(0) { $0 + $1.nanoseconds } }
  /// The time in which one thread works and the others wait.
  package var serialNanoseconds: Double { layers.reduce(0) { $0 + $1.serialNanoseconds } }

  /// The consecutive single-thread steps that take the longest together; empty if all steps are
  /// divided between threads.
  package var longestSerialPart: ArraySlice<Layer> {
    let runs = layers.split { $0.tasks > 1 }
    func length(_ run: ArraySlice<Layer>) -> Double { run.reduce(0) { $0 + $1.nanoseconds } }
    return runs.max { length($0) < length($1) } ?? []
  }
}

extension ScalingPrediction {
  /// The cost of starting a job on several threads and waiting for all of them, in nanoseconds.
  package struct Barrier: Sendable {
    /// The cost with two threads.
    package let pair: Double

    package init(pair: Double) {
      self.pair = pair
    }

    /// Notifying a helper and counting its finished tasks moves cache lines between cores. Part of
    /// that overlaps with the work of other helpers.
    func nanoseconds(threads: Int) -> Double { pair * (1 + Double(threads - 2) / 4) }
  }

  /// - Parameters:
  ///   - steps: The steps of a plan for `threads` threads, with their single-thread times.
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
  /// Predicts the time of a run with the session's number of threads from single-thread times of
  /// its steps.
  ///
  /// - Parameters:
  ///   - inputs: As for `run(_:)`.
  ///   - runs: The number of measured runs, at least 1.
  ///   - barrier: The cost of synchronizing threads.
  ///   - progress: Called after each run with the number of finished runs.
  /// - Throws: The errors of `run(_:)`.
  package func scalingPrediction(
    _ inputs: [String: Tensor], runs: Int, barrier: ScalingPrediction.Barrier, progress: (Int) -> Void = { _ in }
  ) throws(InfoldError) -> ScalingPrediction {
    let (plan, times) = try measuredPlan(inputs, runs: runs, isAlone: true, progress: progress)
    // All steps of a model's own graph run. Steps of bodies are nested in them.
    precondition(plan.steps.count == times.count, "\(times.count) times for \(plan.steps.count) steps")
    return ScalingPrediction(
      zip(plan.steps, times).map { ($0.step, $1) }, threads: threads, barrier: barrier)
  }
}

extension ScalingPrediction.Barrier {
  /// The time limit for all measurements, and the longest plausible time of an undisturbed job, in
  /// nanoseconds.
  private static let limits = (all: UInt64(100_000_000), one: UInt64(50_000))

  /// Measures the barrier cost of this machine: the median of several thousand jobs of two tasks,
  /// each of which ends when both have begun. Returns `nil` if the process has only one processor,
  /// another run is using the threads, or other processes are using the processors.
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
          // Relaxed ordering: no other memory is published through it.
          begun.pointee.add(1, ordering: .relaxed)
          // If no helper could be started, one thread executes both tasks.
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
