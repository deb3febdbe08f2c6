import InfoldSystem

/// A memory limit that several sessions share. Each session with this limit in its options counts
/// toward it. An allocation that would exceed the limit is refused in the session that requests it.
public final class SharedMemoryLimit: Sendable, Hashable {
  let budget: MemoryBudget

  /// Creates a limit for sessions.
  ///
  /// - Parameter byteCount: The most bytes that the sessions may hold at a time, at least 0.
  public init(byteCount: Int) { budget = MemoryBudget(limit: byteCount) }

  /// The most bytes that the sessions may hold at a time.
  public var byteCount: Int { budget.limit }

  /// The bytes that all sessions hold now.
  public var memoryUse: Int { budget.used }

  public static func == (one: SharedMemoryLimit, other: SharedMemoryLimit) -> Bool { one === other }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
