import InfoldSystem
import InfoldTensor

extension Plan {
  /// Runs all steps once.
  ///
  /// - Parameter state: The state of the run.
  func execute(_ state: RunState, in context: RunContext) throws(InfoldError) {
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
          for task in 0..<tasks { step.run(phase: phase, task: task, of: tasks, worker: 0, in: state) }
        } else {
          share(Job(step: step, phase: phase, tasks: tasks, state: .passUnretained(state)), workers, arithmetic)
        }
      }
      clock?.add(begin..<MonotonicClock.nanoseconds(), of: index, in: self)
      if let observer {
        arithmeticOfCaller.adopt()
        observer.didRun(steps[index].layer, during: begin..<MonotonicClock.nanoseconds())
        arithmetic.adopt()
      }
      if let failure = state.failure { throw failure }
      for (buffer, value) in tensors.bindings[index] { state.bases[buffer] = state.tensors[value]!.address }
      for value in tensors.ending[index] { state.tensors[value] = nil }
    }
  }

  private func share(_ job: Job, _ workers: Int, _ arithmetic: Arithmetic) {
    withUnsafePointer(to: job) { pointer in
      WorkerPool.shared.run(
        tasks: job.tasks, workers: min(workers, job.tasks), arithmetic: arithmetic, context: pointer
      ) {
        context, task, worker in
        let job = context.assumingMemoryBound(to: Job.self)
        job.pointee.state._withUnsafeGuaranteedRef { state in
          job.pointee.step.run(phase: job.pointee.phase, task: task, of: job.pointee.tasks, worker: worker, in: state)
        }
      }
    }
  }
}

/// A phase of a step, as a job of the worker pool.
private struct Job {
  let step: any Step
  let phase: Int
  let tasks: Int
  let state: Unmanaged<RunState>
}
