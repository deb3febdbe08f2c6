/// What a run works with.
struct RunContext {
  /// The session's means: its memory, its threads, its observer, and what makes plans for the bodies of its graph.
  let factory: PlanFactory
  /// The threads that the run has: its own, and helpers where it could have the pool.
  var workers: Int
  /// What ends the run before its next step.
  var cancellation: Cancellation?
  /// What notes when each step begins and ends.
  let clock: StepClock?

  /// Whether threads may compute an image each. Whoever looks at layers wants them one after the other.
  var letsImagesRunSideBySide: Bool { workers > 1 && clock == nil && factory.layerObserver == nil }

  /// The same for the bodies of the graph.
  var inBody: RunContext {
    RunContext(factory: factory.inBody, workers: workers, cancellation: cancellation, clock: clock)
  }
}
