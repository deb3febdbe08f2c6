/// What a run works with.
struct RunContext {
  /// The session's means: its memory, its threads, its observer, and what makes plans for the bodies of its graph.
  let factory: PlanFactory
  /// The threads that the run has: its own, and helpers where it could have the pool.
  let workers: Int
  /// What ends the run before its next step.
  let cancellation: Cancellation?
}
