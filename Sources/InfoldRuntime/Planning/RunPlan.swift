import InfoldSystem
import InfoldTensor
import Synchronization

/// What a session does for inputs of certain shapes: a plan, or one for each image of the batch and then one for what comes of all of
/// them.
final class RunPlan: Sendable {
  /// At least one; each but the first works on what the one before it gives.
  let parts: [PlanPart]
  /// What lies between the parts, for runs to come.
  private let idle = Mutex<[[[Tensor]]]>([])

  init(_ parts: [PlanPart]) {
    self.parts = parts
  }

  /// The same plans for another session, with the same constants.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func copy(for factory: PlanFactory) throws(InfoldError) -> RunPlan {
    for part in parts { try part.plan.requireRoom(in: factory) }
    return RunPlan(parts.map { factory.part($0.plan, images: $0.images) })
  }

  /// What runs.
  var steps: [PlannedStep] { parts.flatMap(\.plan.steps) }

  /// The bytes of working memory that a run by so many threads needs.
  func workingByteCount(workers: Int) -> Int {
    parts.reduce(0) { max($0, $1.workingByteCount(workers: workers)) }
  }

  /// Runs all parts for a session, with the threads of the pool where nobody else has them.
  /// - Parameters:
  ///   - given: The inputs in the model's order.
  ///   - results: The outputs. Tensors that are there already are written to where they fit.
  ///   - workers: The threads that may take part; those of the session without a number.
  ///   - cancellation: What ends the run before its next step.
  ///   - clock: What notes when each step begins and ends.
  func run(
    _ given: [Tensor], into results: inout [Tensor], by factory: PlanFactory, workers: Int? = nil,
    cancellation: Cancellation? = nil, clock: StepClock? = nil
  ) throws(InfoldError) {
    let workers = workers ?? factory.workers, helpers = workers - 1
    let hasHelpers = helpers > 0 && WorkerPool.shared.acquire(helpers: helpers)
    defer { if hasHelpers { WorkerPool.shared.release() } }
    let context = RunContext(
      factory: factory, workers: hasHelpers ? workers : 1, cancellation: cancellation, clock: clock)
    guard parts.count > 1 else { return try parts[0].run(given, into: &results, in: context) }
    var between = idle.withLock { $0.popLast() } ?? Array(repeating: [], count: parts.count - 1)
    defer { idle.withLock { $0.append(between) } }
    for (index, part) in parts.enumerated() {
      let inputs = index == 0 ? given : between[index - 1]
      if index < parts.count - 1 {
        try part.run(inputs, into: &between[index], budget: factory.budget, in: context)
      } else {
        try part.run(inputs, into: &results, in: context)
      }
    }
  }
}
