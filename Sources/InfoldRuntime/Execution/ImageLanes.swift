import InfoldSystem
import InfoldTensor
import Synchronization

/// What the threads of a run need to compute the images of a batch side by side, each all steps of its own: nobody waits behind a step, and
/// of two threads each reads the weights for every other image only.
final class ImageLanes: Sendable {
  /// One for each thread.
  let frames: [RunState]
  /// Whether a thread has failed, so that no image need be begun.
  let hasFailed = Atomic(false)

  init(_ plan: Plan, count: Int) {
    frames = (0..<count).map { _ in plan.makeFrame() }
  }
}

/// The lanes that no run uses.
final class ImageLanesPool: Sendable {
  private let idle = Mutex<[ImageLanes]>([])

  func take(_ plan: Plan, count: Int) -> ImageLanes {
    idle.withLock { $0.popLast() } ?? ImageLanes(plan, count: count)
  }

  /// Keeps lanes for the next run.
  func release(_ lanes: ImageLanes, of plan: Plan) {
    for state in lanes.frames { state.release(keeping: plan.tensors.constants) }
    lanes.hasFailed.store(false, ordering: .relaxed)
    idle.withLock { $0.append(lanes) }
  }
}

/// The images of a run, as the threads of the pool see them.
private struct Job {
  let part: PlanPart
  let given: [Tensor]
  let lanes: Unmanaged<ImageLanes>
  let context: RunContext

  /// Computes an image in a thread's lane.
  func compute(_ image: Int, lane: Int) {
    lanes._withUnsafeGuaranteedRef { lanes in
      // Relaxed: who does not see it yet computes in vain. The failure itself is read when the job is over.
      guard !lanes.hasFailed.load(ordering: .relaxed) else { return }
      let state = lanes.frames[lane]
      part.advance(state, to: image, of: given)
      do throws(InfoldError) { try part.plan.execute(state, in: context) } catch {
        state.failure = error
        lanes.hasFailed.store(true, ordering: .relaxed)
      }
    }
  }
}

extension PlanPart {
  /// Computes the first `count` images side by side.
  /// - Parameter lanes: Lanes whose frames point to the first image.
  func runSideBySide(_ count: Int, _ lanes: ImageLanes, of given: [Tensor], in context: RunContext) throws(InfoldError)
  {
    context.cancellation.onAnyThread { cancellation in
      var alone = context
      (alone.workers, alone.cancellation) = (1, cancellation)
      for state in lanes.frames { state.context = alone }
      let job = Job(part: self, given: given, lanes: .passUnretained(lanes), context: alone)
      withUnsafePointer(to: job) { pointer in
        WorkerPool.shared.run(
          tasks: count, workers: lanes.frames.count, arithmetic: context.factory.arithmetic, context: pointer
        ) { job, image, worker in
          job.assumingMemoryBound(to: Job.self).pointee.compute(image, lane: worker)
        }
      }
    }
    for state in lanes.frames {
      if let failure = state.failure { throw failure }
    }
  }
}
