import InfoldSystem

/// The most memory that several sessions may take together: each session that has it in its options counts in it, and what would need
/// more is refused, before it is allocated, by that session which asks for it.
public final class SharedMemoryLimit: Sendable, Hashable {
  let budget: MemoryBudget

  /// A limit for sessions to come.
  /// - Parameter byteCount: The most bytes at a time, at least 0.
  public init(byteCount: Int) { budget = MemoryBudget(limit: byteCount) }

  /// The most bytes at a time.
  public var byteCount: Int { budget.limit }

  /// The bytes that all sessions take now.
  public var memoryUse: Int { budget.used }

  public static func == (one: SharedMemoryLimit, other: SharedMemoryLimit) -> Bool { one === other }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
