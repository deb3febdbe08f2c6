import InfoldSystem
import InfoldTensor
import Synchronization

/// What a session does for inputs of certain shapes: a plan, or one for each image of the batch and then one for what comes of all of
/// them.
final class RunPlan: Sendable {
  /// The plans; each but the first works on what the one before it gives.
  let parts: [Plan]
  /// What lies between the parts, for runs to come.
  private let idle = Mutex<[[[Tensor]]]>([])

  private let budget: MemoryBudget

  /// - Parameters:
  ///   - parts: At least one.
  ///   - budget: What lies between the parts counts in it.
  init(_ parts: [Plan], budget: MemoryBudget) {
    self.parts = parts
    self.budget = budget
  }

  /// The same for another session, with the same constants.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func copy(for factory: PlanFactory) throws(InfoldError) -> RunPlan {
    RunPlan(
      try parts.map { part throws(InfoldError) in try factory.copy(of: part) }, budget: factory.budget)
  }

  /// What runs.
  var steps: [PlannedStep] { parts.flatMap(\.steps) }

  /// The bytes of working memory that a run needs.
  var arenaByteCount: Int { parts.reduce(0) { max($0, $1.arenaByteCount) } }

  /// Runs all parts; as `Plan.run(_:into:cancellation:spans:)`.
  func run(
    _ given: [Tensor], into results: inout [Tensor], cancellation: Cancellation? = nil,
    spans: UnsafeMutablePointer<Range<UInt64>>? = nil
  ) throws(InfoldError) {
    guard parts.count > 1 else {
      return try parts[0].run(given, into: &results, cancellation: cancellation, spans: spans)
    }
    var between = idle.withLock { $0.popLast() } ?? Array(repeating: [], count: parts.count - 1)
    defer { idle.withLock { $0.append(between) } }
    var first = 0
    for (index, part) in parts.enumerated() {
      let spans = spans.map { $0 + first }
      let inputs = index == 0 ? given : between[index - 1]
      if index < parts.count - 1 {
        try part.run(inputs, into: &between[index], budget: budget, cancellation: cancellation, spans: spans)
      } else {
        try part.run(inputs, into: &results, cancellation: cancellation, spans: spans)
      }
      first += part.steps.count
    }
  }
}
