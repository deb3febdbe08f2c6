import InfoldSystem
import Synchronization

/// Limits the number of body nodes that are evaluated or inferred, so that loops end and nested
/// bodies take a reasonable time.
package final class BodyNodeBudget: Sendable {
  /// The budget of the outermost loop being evaluated, which includes nested loops.
  @TaskLocal package static var evaluation: BodyNodeBudget?
  /// The budget of the outermost body being inferred.
  @TaskLocal static var inference: BodyNodeBudget?

  /// The most body nodes that a loop may evaluate.
  static let loopLimit = 1 << 18

  private let rest: Mutex<Int>
  private let code: InfoldError.Code
  private let reason: String

  /// - Parameters:
  ///   - limit: The number of nodes.
  ///   - code: The code of the error that is thrown above the limit.
  ///   - reason: The reason of that error.
  init(limit: Int, code: InfoldError.Code, _ reason: String) {
    rest = Mutex(limit)
    self.code = code
    self.reason = reason
  }

  /// Creates the budget of an outermost loop.
  package convenience init(loopLimit limit: Int = loopLimit) {
    self.init(
      limit: limit, code: .limitExceeded, "the loop exceeds the limit of \(limit) evaluated nodes")
  }

  /// Uses up part of the budget.
  /// - Throws: `InfoldError` with the budget's code if fewer than `count` nodes are left.
  package func take(_ count: Int) throws(InfoldError) {
    let isEnough = rest.withLock { rest in
      let isEnough = max(count, 1) <= rest
      rest = isEnough ? rest - max(count, 1) : 0
      return isEnough
    }
    guard isEnough else { throw InfoldError(code, reason) }
  }
}

extension TaskLocal where Value == BodyNodeBudget? {
  /// Runs `body` with the current budget, or with a new one if there is none.
  package func counting<Output>(
    orElse allowance: @autoclosure () -> BodyNodeBudget, _ body: (BodyNodeBudget) throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    if let outer = wrappedValue { return try body(outer) }
    let allowance = allowance()
    return try binding(allowance) { () throws(InfoldError) in try body(allowance) }
  }
}
