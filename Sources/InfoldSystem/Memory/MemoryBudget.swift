import Synchronization

/// A limit on the bytes of live tensors and working memory.
///
/// Everything that is allocated inside `charging(_:)` counts, whether in the evaluation of an
/// operator, including an app's own operators, or in a pass. If the budget is exhausted, the
/// allocation fails before the system is asked for memory.
package final class MemoryBudget: Sendable {
  /// The maximum number of bytes in use at a time.
  package let limit: Int

  /// A larger budget in which everything that counts here counts as well.
  private let shared: MemoryBudget?
  private let taken = Atomic<Int>(0)

  @TaskLocal package static var current: MemoryBudget?

  /// Creates an unused budget.
  /// - Parameters:
  ///   - limit: The maximum number of bytes in use at a time, at least 0. The default is three
  ///     quarters of the machine's memory.
  ///   - shared: A budget shared by several others. Everything taken here is taken from it as well.
  package init(limit: Int? = nil, within shared: MemoryBudget? = nil) {
    self.limit = max(0, limit ?? MachineMemory.defaultLimit)
    self.shared = shared
  }

  /// The bytes in use.
  package var used: Int { taken.load(ordering: .relaxed) }

  /// The bytes that can still be taken.
  package var available: Int { min(limit - used, shared?.available ?? .max) }

  /// Runs `body` and charges its allocations to this budget.
  package func charging<Output>(_ body: () throws(InfoldError) -> Output) throws(InfoldError) -> Output {
    try Self.$current.binding(self, body)
  }

  /// Runs `body` and charges its allocations to a budget, if there is one.
  package static func charging<Output>(
    _ budget: MemoryBudget?, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    if let budget { try budget.charging(body) } else { try body() }
  }

  /// Runs `body` on a value whose ownership is transferred, and charges its allocations to this
  /// budget.
  package func charging<Input, Output>(
    _ input: consuming Input, _ body: (consuming Input) throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    var input = Optional(consume input)
    return try charging { () throws(InfoldError) in try body(input.take()!) }
  }

  /// Takes bytes from the budget.
  /// - Throws: `InfoldError` with `.limitExceeded` if not enough are left.
  package func take(_ byteCount: Int) throws(InfoldError) {
    // Relaxed everywhere: this is only a counter, and no other memory depends on it.
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

  /// Returns bytes to the budget.
  package func release(_ byteCount: Int) {
    taken.subtract(byteCount, ordering: .relaxed)
    shared?.release(byteCount)
  }

  /// Checks that this many bytes could be taken now.
  /// - Throws: `InfoldError` with `.limitExceeded` if not enough are left.
  package func require(_ byteCount: Int) throws(InfoldError) {
    guard byteCount <= limit - used else { throw exceeded(by: byteCount) }
    try shared?.require(byteCount)
  }

  private func exceeded(by byteCount: Int) -> InfoldError {
    InfoldError(
      .limitExceeded,
      "memory limit exceeded: \(byteCount) bytes are needed, but only \(limit - used) of the limit of \(limit) are left",
      hint: "raise the memory limit")
  }
}
