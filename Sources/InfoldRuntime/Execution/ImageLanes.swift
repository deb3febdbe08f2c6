import InfoldSystem
import InfoldTensor
import Synchronization

/// The run states of threads that compute the images of a batch in parallel, one image per thread.
/// No thread waits for others between steps, and each of two threads reads the weights only for
/// every other image.
final class ImageLanes: Sendable {
  /// One state per thread.
  let states: [RunState]
  /// Whether a thread has failed, so that no further image needs to start.
  let hasFailed = Atomic(false)

  init(_ plan: Plan, count: Int) {
    states = (0..<count).map { _ in plan.makeState() }
  }
}

/// A pool of lanes that are not in use.
final class ImageLanesPool: Sendable {
  private let idle = Mutex<[ImageLanes]>([])

  func take(_ plan: Plan, count: Int) -> ImageLanes {
    idle.withLock { $0.popLast() } ?? ImageLanes(plan, count: count)
  }

  /// Keeps lanes for the next run.
  func release(_ lanes: ImageLanes, of plan: Plan) {
    for state in lanes.states { state.release(keeping: plan.tensors.constants) }
    lanes.hasFailed.store(false, ordering: .relaxed)
    idle.withLock { $0.append(lanes) }
  }
}

/// The images of a run, as a job of the worker pool.
private struct Job {
  let part: PlanPart
  let given: [Tensor]
  let lanes: Unmanaged<ImageLanes>
  let context: RunContext

  /// Computes an image in a thread's lane.
  func compute(_ image: Int, lane: Int) {
    lanes._withUnsafeGuaranteedRef { lanes in
      // Relaxed ordering: a thread that does not see the flag yet only computes in vain. The error
      // itself is read after the job.
      guard !lanes.hasFailed.load(ordering: .relaxed) else { return }
      let state = lanes.states[lane]
      part.advance(state, to: image, of: given)
      do throws(InfoldError) { try part.plan.execute(state, in: context) } catch {
        state.failure = error
        lanes.hasFailed.store(true, ordering: .relaxed)
      }
    }
  }
}

extension PlanPart {
  /// Computes the first `count` images in parallel.
  ///
  /// - Parameter lanes: Lanes whose states refer to the first image.
  func runInParallel(_ count: Int, _ lanes: ImageLanes, of given: [Tensor], in context: RunContext) throws(InfoldError)
  {
    context.cancellation.onAnyThread { cancellation in
      var alone = context
      (alone.workers, alone.cancellation) = (1, cancellation)
      for state in lanes.states { state.context = alone }
      let job = Job(part: self, given: given, lanes: .passUnretained(lanes), context: alone)
      withUnsafePointer(to: job) { pointer in
        WorkerPool.shared.run(
          tasks: count, workers: lanes.states.count, arithmetic: context.factory.arithmetic, context: pointer
        ) { job, image, worker in
          job.assumingMemoryBound(to: Job.self).pointee.compute(image, lane: worker)
        }
      }
    }
    for state in lanes.states {
      if let failure = state.failure { throw failure }
    }
  }
}
