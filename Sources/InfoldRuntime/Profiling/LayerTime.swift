import InfoldSystem
import InfoldTensor

/// The measured time of one step of a session.
public struct LayerTime: Sendable, Hashable {
  /// The node, as it is named in errors. One node may produce several steps.
  public let node: String
  /// The names of all nodes that the step computes: several if nodes are fused, and none if the
  /// step only copies a result to an output. A node without a name is listed by its first output.
  public let nodes: [String]
  /// The operators that the step computes, such as `Conv+Relu`.
  public let operation: String
  /// How the step computes them, such as `Winograd 4×4`.
  public let algorithm: String
  /// The choices that tuning made for the step, such as `bands 7 rows`; empty without
  /// `SessionOptions.tuning`.
  public let measuredChoices: [String]
  /// The shape of the output.
  public let shape: [Int]
  /// The number of executions in the last run: one per image if the batch is split, and one per
  /// iteration of a surrounding Loop.
  public let repetitions: Int
  /// The number of multiply-accumulates in the standard's definition of the operator, summed over
  /// all repetitions; 0 for operators that do not multiply and accumulate.
  public let multiplyAccumulates: Int
  /// Whether the step multiplies bytes rather than floats. It is derived from the algorithm names
  /// of the kernels for quantized numbers.
  package var multipliesBytes: Bool { multiplyAccumulates > 0 && algorithm.hasPrefix("int8") }
  /// The median time over the runs, in nanoseconds.
  public let nanoseconds: UInt64
  /// The beginning and end in the last run, in nanoseconds since the beginning of the first step.
  public let lastRun: Range<UInt64>
  /// The steps in the bodies of an If or a Loop that the last run executed, each with all of its
  /// iterations. Their times are included in this step's time, so a sum must not add them again.
  public let bodies: [LayerTime]
}

extension LayerTime: CustomStringConvertible {
  /// A one-line description with the node, its operators and algorithm, and the time.
  public var description: String {
    "\(node): \(stepSummary(operation, algorithm, shape)), \(NumberText.short(Double(nanoseconds) / 1e6)) ms"
  }
}

extension Session {
  /// Runs the model several times and measures every step.
  ///
  /// - Parameters:
  ///   - inputs: As for `run(_:)`.
  ///   - runs: The number of measured runs, at least 1. One unmeasured run precedes them.
  ///   - progress: Called after each run with the number of finished runs.
  /// - Returns: The steps of the model's own graph, in order. Steps in the bodies of If and Loop
  ///   are in `LayerTime.bodies`.
  /// - Throws: The errors of `run(_:)`.
  public func layerTimes(
    _ inputs: [String: Tensor], runs: Int, progress: (Int) -> Void = { _ in }
  ) throws(InfoldError) -> [LayerTime] {
    try measuredPlan(inputs, runs: runs, isAlone: false, progress: progress).times
  }

  /// Returns the plan of a run and the times of its steps.
  ///
  /// - Parameter isAlone: Whether one thread executes all tasks that the plan has for the session's
  ///   threads.
  func measuredPlan(
    _ inputs: [String: Tensor], runs: Int, isAlone: Bool, progress: (Int) -> Void
  ) throws(InfoldError) -> (plan: RunPlan, times: [LayerTime]) {
    let preparation = cancellation()
    let (plan, tensors) = try plan(forNamed: inputs, preparation)
    let workers = isAlone ? 1 : factory.workers
    var results: [Tensor] = []
    try plan.run(tensors, into: &results, by: factory, workers: workers, cancellation: preparation)
    let clock = StepClock()
    for run in 1...max(runs, 1) {
      try plan.run(
        tensors, into: &results, by: factory, workers: workers, cancellation: cancellation(), clock: clock)
      clock.endRun()
      progress(run)
    }
    return (plan, clock.layerTimes(of: plan))
  }
}
