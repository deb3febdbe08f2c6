import InfoldSystem
import Synchronization

/// The arenas of a session, one for each concurrent run. Plans of all shapes share them. Each arena
/// is as large as the largest plan that has used it.
package final class ArenaPool: Sendable {
  private struct State {
    var idle: [AlignedMemory] = []
    var limit = 0
  }

  private let state = Mutex(State())
  private let budget: MemoryBudget?

  /// Creates an empty pool.
  ///
  /// - Parameter budget: The budget that arenas count toward.
  package init(budget: MemoryBudget? = nil) {
    self.budget = budget
  }

  /// Returns an arena of at least `byteCount` bytes for exclusive use until `release`.
  package func take(byteCount: Int) throws(InfoldError) -> AlignedMemory {
    let idle = state.withLock { state -> AlignedMemory? in
      let fit = state.idle.lastIndex { $0.byteCount >= byteCount }
      // An arena that is too small is freed and replaced by the new one.
      guard let index = fit ?? state.idle.indices.last else { return nil }
      return state.idle.remove(at: index)
    }
    if let idle, idle.byteCount >= byteCount { return idle }
    return try AlignedMemory(byteCount: byteCount, budget: budget)
  }

  /// Keeps an arena for the next run, unless it is larger than any plan needs.
  package func release(_ arena: AlignedMemory) {
    state.withLock { if arena.byteCount <= $0.limit { $0.idle.append(arena) } }
  }

  /// Allows arenas of this size, which a further plan needs.
  func raiseLimit(_ byteCount: Int) {
    state.withLock { $0.limit = max($0.limit, byteCount) }
  }

  /// Sets the size that the largest remaining plan needs. Larger idle arenas are freed.
  package func setLimit(_ byteCount: Int) {
    state.withLock { state in
      state.limit = byteCount
      state.idle.removeAll { $0.byteCount > byteCount }
    }
  }
}
