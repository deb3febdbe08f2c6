import InfoldSystem
import InfoldTensor

/// How long one step of a session takes.
public struct LayerTime: Sendable, Hashable {
  /// The node, as errors call it. One node may take several steps.
  public let node: String
  /// The names of all nodes that the step does something for: more than one where a kernel does several, and none where a result is
  /// brought to where the caller finds it. A node without a name is called by the value that it makes first.
  public let nodes: [String]
  /// The operators that the step does, like `Conv+Relu`.
  public let operation: String
  /// How it does them, like `Winograd 4×4`.
  public let algorithm: String
  /// What was chosen for it by measurement, like `bands 7 rows`; empty without `SessionOptions.tuning`.
  public let measuredChoices: [String]
  /// The sizes of its output.
  public let shape: [Int]
  /// How often it ran in the last of the runs: once for each image of a batch that is split, and for each trip of a Loop around it.
  public let repetitions: Int
  /// The multiplications with an addition that the standard's definition of the operator needs, of all repetitions; 0 where they do not
  /// count.
  public let multiplyAccumulates: Int
  /// Whether the products are those of bytes, and not of floats: the algorithms of the kernels for quantized numbers are called so.
  package var multipliesBytes: Bool { multiplyAccumulates > 0 && algorithm.hasPrefix("int8") }
  /// The median over the runs, in nanoseconds.
  public let nanoseconds: UInt64
  /// From when to when it went in the last of the runs, in nanoseconds since the beginning of the first step.
  public let lastRun: Range<UInt64>
  /// What an If or a Loop took its time for: the steps in its bodies that the last run came to, each with all of its trips. Their times
  /// are part of this one, which is all that counts in a sum.
  public let bodies: [LayerTime]
}

extension LayerTime: CustomStringConvertible {
  /// One line: the node, how its operators are done, and the time.
  public var description: String {
    "\(node): \(stepSummary(operation, algorithm, shape)), \(NumberText.short(Double(nanoseconds) / 1e6)) ms"
  }
}

extension Session {
  /// Runs the model several times, and measures every step.
  /// - Parameters:
  ///   - inputs: As for `run(_:)`.
  ///   - runs: The number of measured runs, at least 1. One more comes before them.
  ///   - progress: Called after each run with the number of those that are done.
  /// - Returns: The steps of the model's own graph in their order; those of bodies of If and Loop are found in `LayerTime.bodies`.
  /// - Throws: As `run(_:)`.
  public func layerTimes(
    _ inputs: [String: Tensor], runs: Int, progress: (Int) -> Void = { _ in }
  ) throws(InfoldError) -> [LayerTime] {
    try measuredPlan(inputs, runs: runs, isAlone: false, progress: progress).times
  }

  /// The plan of a run, with the times of its steps.
  /// - Parameter isAlone: Whether one thread does all that the plan has for those of the session.
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
