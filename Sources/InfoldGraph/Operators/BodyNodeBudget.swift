import InfoldSystem
import Synchronization

/// Counts nodes of bodies, so that no loop goes on for ever, and bodies inside of each other take no time out of proportion.
package final class BodyNodeBudget: Sendable {
  /// What counts the nodes that the bodies of a loop evaluate, with those of loops inside of it.
  @TaskLocal package static var evaluation: BodyNodeBudget?
  /// What counts the nodes of bodies while the types of their values are inferred.
  @TaskLocal static var inference: BodyNodeBudget?

  /// The nodes that the bodies of a loop may evaluate.
  static let loopLimit = 1 << 18

  private let rest: Mutex<Int>
  private let code: InfoldError.Code
  private let reason: String

  /// - Parameters:
  ///   - limit: The nodes.
  ///   - code: The error's, behind the limit.
  ///   - reason: The error's.
  init(limit: Int, code: InfoldError.Code, _ reason: String) {
    rest = Mutex(limit)
    self.code = code
    self.reason = reason
  }

  /// What a loop may evaluate that is in no other.
  package convenience init(loopLimit limit: Int = loopLimit) {
    self.init(
      limit: limit, code: .limitExceeded, "the loop goes on after \(limit) nodes of its body were evaluated")
  }

  /// - Throws: `InfoldError` with the allowance's code when there are not so many left.
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
  /// Runs `body` with the allowance of what it is in, or else with this one.
  package func counting<Output>(
    orElse allowance: @autoclosure () -> BodyNodeBudget, _ body: (BodyNodeBudget) throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    if let outer = wrappedValue { return try body(outer) }
    let allowance = allowance()
    return try binding(allowance) { () throws(InfoldError) in try body(allowance) }
  }
}
