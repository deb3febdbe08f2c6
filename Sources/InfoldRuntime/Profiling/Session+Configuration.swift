import InfoldSystem
import InfoldTensor

extension Session {
  /// The number of threads that a run may use.
  package var threads: Int { factory.workers }

  /// The bytes that the session holds now, not counting the results of runs.
  package var takenByteCount: Int { factory.budget.used }

  /// The instruction set of the kernels, such as `avx2`.
  package var instructionSet: String { factory.kernels.name }

  /// Whether a matrix unit may multiply bfloat16 numbers.
  package var multipliesBFloat16: Bool { factory.matrixUnit != nil }

  /// Returns the number of choices that this session has measured, and the number of steps in the
  /// plan for these inputs that use a measured choice, whether measured here or earlier. Returns
  /// `nil` without tuning.
  package func tunedChoices(for inputs: [String: Tensor]) throws(InfoldError) -> (measured: Int, steps: Int)? {
    guard let tuning = factory.tuning else { return nil }
    let steps = try plan(forNamed: inputs, cancellation()).plan.steps
    return (tuning.measuredCount, steps.count { !$0.measuredChoices.isEmpty })
  }

  /// Returns an identifier of the first plan that a run with these inputs executes, making the plan
  /// if necessary.
  package func firstPlan(for inputs: [String: Tensor]) throws(InfoldError) -> ObjectIdentifier {
    ObjectIdentifier(try plan(forNamed: inputs, cancellation()).plan.parts[0].plan)
  }

  /// Returns the number of plans for bodies of If and Loop in the plan for these inputs, at any
  /// depth.
  package func bodyPlanCount(for inputs: [String: Tensor]) throws(InfoldError) -> Int {
    try plan(forNamed: inputs, cancellation()).plan.bodyPlanCount
  }
}

extension RunPlan {
  fileprivate var bodyPlanCount: Int {
    let bodies = steps.compactMap { $0.step as? BodyStep }.flatMap(\.bodies)
    return bodies.flatMap(\.kept).reduce(0) { $0 + 1 + $1.bodyPlanCount }
  }
}
