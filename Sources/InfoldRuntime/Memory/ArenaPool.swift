import InfoldSystem
import Synchronization

/// The arenas of a session: one for each run that is going on, shared by plans of all shapes, and each as large as the
/// largest plan that used it.
package final class ArenaPool: Sendable {
  private struct State {
    var idle: [AlignedMemory] = []
    var limit = 0
  }

  private let state = Mutex(State())
  private let budget: MemoryBudget?

  /// A pool without arenas.
  /// - Parameter budget: What they count in.
  package init(budget: MemoryBudget? = nil) {
    self.budget = budget
  }

  /// An arena of at least `byteCount` bytes, for the caller alone until `release`.
  package func take(byteCount: Int) throws(InfoldError) -> AlignedMemory {
    let idle = state.withLock { state -> AlignedMemory? in
      let fit = state.idle.lastIndex { $0.byteCount >= byteCount }
      // One that is too small goes: the new one takes its place.
      guard let index = fit ?? state.idle.indices.last else { return nil }
      return state.idle.remove(at: index)
    }
    if let idle, idle.byteCount >= byteCount { return idle }
    return try AlignedMemory(byteCount: byteCount, budget: budget)
  }

  /// Keeps an arena for the next run, unless no plan needs one of its size any more.
  package func release(_ arena: AlignedMemory) {
    state.withLock { if arena.byteCount <= $0.limit { $0.idle.append(arena) } }
  }

  /// Says that a plan needs so many bytes as well.
  func raiseLimit(_ byteCount: Int) {
    state.withLock { $0.limit = max($0.limit, byteCount) }
  }

  /// Says how many bytes the largest plan needs that is still there. Larger arenas are freed.
  package func setLimit(_ byteCount: Int) {
    state.withLock { state in
      state.limit = byteCount
      state.idle.removeAll { $0.byteCount > byteCount }
    }
  }
}
