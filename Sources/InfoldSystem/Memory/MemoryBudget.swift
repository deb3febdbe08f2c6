import Synchronization

/// The bytes that tensors and working memory may take, counted while they exist.
///
/// What is allocated inside of `charging(_:)` counts, wherever that happens: in the evaluation of an operator, an app's own
/// included, or in a pass. What a budget refuses was never asked of the system.
package final class MemoryBudget: Sendable {
  /// The most bytes at a time.
  package let limit: Int

  /// What everything that counts here counts in as well.
  private let shared: MemoryBudget?
  private let taken = Atomic<Int>(0)

  @TaskLocal package static var current: MemoryBudget?

  /// A budget of which nothing is used yet.
  /// - Parameters:
  ///   - limit: The most bytes at a time, at least 0; by default three quarters of the machine's memory.
  ///   - shared: A budget of several, which everything that is taken is taken from as well.
  package init(limit: Int? = nil, within shared: MemoryBudget? = nil) {
    self.limit = max(0, limit ?? MachineMemory.defaultLimit)
    self.shared = shared
  }

  /// The bytes that are taken.
  package var used: Int { taken.load(ordering: .relaxed) }

  /// The bytes that are still there.
  package var available: Int { min(limit - used, shared?.available ?? .max) }

  /// Runs `body`, and counts the memory that it takes.
  package func charging<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Self.$current.binding(self, body)
  }

  /// Runs `body`, and counts the memory that it takes in a budget, if there is one.
  package static func charging<Output>(
    _ budget: MemoryBudget?, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    if let budget { try budget.charging(body) } else { try body() }
  }

  /// Runs `body` on a value that it takes over, and counts the memory that it takes.
  package func charging<Input, Output>(
    _ input: consuming Input, _ body: (consuming Input) throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    var input = Optional(consume input)
    return try charging { () throws(InfoldError) in try body(input.take()!) }
  }

  /// Takes bytes out of the budget.
  /// - Throws: `InfoldError` with `.limitExceeded` when there are not so many.
  package func take(_ byteCount: Int) throws(InfoldError) {
    // Relaxed, everywhere: it is a count, and no memory is seen by it.
    var current = taken.load(ordering: .relaxed)
    while true {
      guard byteCount <= limit - current else { throw exceeded(by: byteCount) }
      let (exchanged, original) = taken.compareExchange(
        expected: current, desired: current + byteCount, ordering: .relaxed)
      if exchanged { break }
      current = original
    }
    do throws(InfoldError) {
      try shared?.take(byteCount)
    } catch {
      taken.subtract(byteCount, ordering: .relaxed)
      throw error
    }
  }

  /// Puts bytes back that were taken.
  package func release(_ byteCount: Int) {
    taken.subtract(byteCount, ordering: .relaxed)
    shared?.release(byteCount)
  }

  /// Checks that so many bytes could be taken now.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package func require(_ byteCount: Int) throws(InfoldError) {
    guard byteCount <= limit - used else { throw exceeded(by: byteCount) }
    try shared?.require(byteCount)
  }

  private func exceeded(by byteCount: Int) -> InfoldError {
    InfoldError(
      .limitExceeded, "\(byteCount) bytes of memory are needed, and \(limit - used) are left of the limit of \(limit)",
      hint: "raise the memory limit")
  }
}
