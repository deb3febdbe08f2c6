/// The context of a run.
struct RunContext {
  /// The session's resources: memory, threads and observer, and the ability to plan bodies.
  let factory: PlanFactory
  /// The number of threads of the run: its own, and helpers if it acquired the pool.
  var workers: Int
  /// May end the run before its next step.
  var cancellation: Cancellation?
  /// Records when each step begins and ends.
  let clock: StepClock?

  /// Whether threads may compute one image each. Timing and observing layers requires the layers to
  /// run in sequence.
  var allowsParallelImages: Bool { workers > 1 && clock == nil && factory.layerObserver == nil }

  /// The context for the bodies of the graph.
  var inBody: RunContext {
    RunContext(factory: factory.inBody, workers: workers, cancellation: cancellation, clock: clock)
  }
}
