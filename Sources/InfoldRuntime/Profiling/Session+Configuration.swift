import InfoldSystem
import InfoldTensor

extension Session {
  /// The number of threads that a run may use.
  package var threads: Int { factory.workers }

  /// The bytes that the session takes now, and the results of runs do not.
  package var takenByteCount: Int { factory.budget.used }

  /// The instruction set of the kernels, like `avx2`.
  package var instructionSet: String { factory.kernels.products.name }

  /// How many choices tuning has measured in this session, and in how many steps of the plan for these inputs a choice is one that was
  /// measured, here or before; `nil` without tuning.
  package func tunedChoices(for inputs: [String: Tensor]) throws(InfoldError) -> (measured: Int, steps: Int)? {
    guard let tuning = factory.tuning else { return nil }
    let steps = try plan(forNamed: inputs, cancellation()).plan.steps
    return (tuning.measuredCount, steps.count { !$0.measuredChoices.isEmpty })
  }

  /// What tells the plan that a run with these inputs begins with from others. It is made where there is none.
  package func firstPlan(for inputs: [String: Tensor]) throws(InfoldError) -> ObjectIdentifier {
    ObjectIdentifier(try plan(forNamed: inputs, cancellation()).plan.parts[0].plan)
  }

  /// The plans that there are of the bodies of If and Loop in that plan, whatever depth they lie in.
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
