import InfoldSystem
import InfoldTensor

extension Plan {
  /// Runs the steps once.
  /// - Parameter frame: What they work on.
  func execute(_ frame: Frame, in context: RunContext) throws(InfoldError) {
    let (workers, cancellation, clock) = (context.workers, context.cancellation, context.clock)
    let observer = context.factory.layerObserver
    let arithmetic = context.factory.arithmetic
    let arithmeticOfCaller = Arithmetic.current
    arithmetic.adopt()
    defer { arithmeticOfCaller.adopt() }
    for index in steps.indices {
      if let cancellation { try cancellation.check() }
      let begin = clock == nil && observer == nil ? 0 : MonotonicClock.nanoseconds()
      let step = steps[index].step
      for phase in 0..<step.phases {
        let tasks = step.tasks(phase: phase, workers: workers)
        if workers == 1 || tasks == 1 {
          for task in 0..<tasks { step.run(phase: phase, task: task, of: tasks, worker: 0, in: frame) }
        } else {
          share(Job(step: step, phase: phase, tasks: tasks, frame: .passUnretained(frame)), workers, arithmetic)
        }
      }
      clock?.add(begin..<MonotonicClock.nanoseconds(), of: index, in: self)
      if let observer {
        arithmeticOfCaller.adopt()
        observer.didRun(steps[index].layer, during: begin..<MonotonicClock.nanoseconds())
        arithmetic.adopt()
      }
      if let failure = frame.failure { throw failure }
      for (storage, value) in tensors.bindings[index] { frame.bases[storage] = frame.tensors[value]!.address }
      for value in tensors.ending[index] { frame.tensors[value] = nil }
    }
  }

  private func share(_ job: Job, _ workers: Int, _ arithmetic: Arithmetic) {
    withUnsafePointer(to: job) { pointer in
      WorkerPool.shared.run(
        tasks: job.tasks, workers: min(workers, job.tasks), arithmetic: arithmetic, context: pointer
      ) {
        context, task, worker in
        let job = context.assumingMemoryBound(to: Job.self)
        job.pointee.frame._withUnsafeGuaranteedRef { frame in
          job.pointee.step.run(phase: job.pointee.phase, task: task, of: job.pointee.tasks, worker: worker, in: frame)
        }
      }
    }
  }
}

/// A phase of a step, as the threads of the pool see it.
private struct Job {
  let step: any Step
  let phase: Int
  let tasks: Int
  let frame: Unmanaged<Frame>
}
