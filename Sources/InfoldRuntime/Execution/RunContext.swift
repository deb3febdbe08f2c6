/// What a run works with.
struct RunContext {
  /// The session's means: its memory, its threads, its observer, and what makes plans for the bodies of its graph.
  let factory: PlanFactory
  /// The threads that the run has: its own, and helpers where it could have the pool.
  let workers: Int
  /// What ends the run before its next step.
  let cancellation: Cancellation?
  /// What notes when each step begins and ends.
  let clock: StepClock?

  /// The same for the bodies of the graph.
  var inBody: RunContext {
    RunContext(factory: factory.inBody, workers: workers, cancellation: cancellation, clock: clock)
  }
}
