import InfoldSystem
import InfoldTensor
import Synchronization

/// The execution plan of a session for inputs of certain shapes: a single plan, or one that runs
/// for each image of the batch followed by one for all of them together.
final class RunPlan: Sendable {
  /// At least one part. Each reads the results of the previous one.
  let parts: [PlanPart]
  /// The tensors between the parts, kept for later runs.
  private let idle = Mutex<[[[Tensor]]]>([])

  init(_ parts: [PlanPart]) {
    self.parts = parts
  }

  /// Returns the same plans for another session with the same constants.
  ///
  /// - Throws: `InfoldError.Code.limitExceeded` if a plan exceeds the session's memory limit.
  func copy(for factory: PlanFactory) throws(InfoldError) -> RunPlan {
    for part in parts { try part.plan.requireRoom(in: factory) }
    return RunPlan(parts.map { factory.part($0.plan, images: $0.images) })
  }

  /// The steps of all parts.
  var steps: [PlannedStep] { parts.flatMap(\.plan.steps) }

  /// Returns the working memory of a run with this number of threads, in bytes.
  func workingByteCount(workers: Int) -> Int {
    parts.reduce(0) { max($0, $1.workingByteCount(workers: workers)) }
  }

  /// Runs all parts for a session, on the threads of the pool if they are available.
  ///
  /// - Parameters:
  ///   - given: The inputs, in the model's order.
  ///   - results: Receives the outputs. Existing tensors are reused if they fit.
  ///   - workers: The maximum number of threads; `nil` for that of the session.
  ///   - cancellation: May end the run before its next step.
  ///   - clock: Records when each step begins and ends.
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
