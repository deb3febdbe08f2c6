import InfoldSystem
import Synchronization

/// Memory for packed constants, many of which lie on the same large pages: those are made in a fraction of the time that small
/// ones take, and the weights of a network take part of a long start.
final class PackingRoom: Sendable {
  /// Room for one constant.
  final class Place: Sendable {
    /// The first byte, on a line of the cache.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let block: AlignedMemory
    private let byteCount: Int
    private let budget: MemoryBudget?

    /// Takes the bytes at `offset`, which count in `budget` already.
    fileprivate init(_ block: AlignedMemory, at offset: Int, byteCount: Int, budget: MemoryBudget?) {
      start = block.start + offset
      self.block = block
      self.byteCount = byteCount
      self.budget = budget
    }

    deinit {
      budget?.giveBack(byteCount)
    }
  }

  private struct State {
    weak var block: AlignedMemory?
    var used = 0
    var nextByteCount = PageMemory.smallestByteCount
  }

  private static let largestBlock = 2 * PageMemory.hugePage

  private let state = Mutex(State())

  /// Room for `byteCount` bytes, whose content is not defined.
  /// - Throws: `InfoldError` with `.limitExceeded` when the current budget or the system has no such memory.
  func take(byteCount: Int) throws(InfoldError) -> Place {
    let budget = MemoryBudget.current
    try budget?.take(byteCount)
    do throws(InfoldError) {
      let (block, offset) =
        byteCount >= PageMemory.hugePage
        ? (try AlignedMemory(byteCount: byteCount, populated: true, budget: nil), 0)
        : try part(byteCount: (byteCount + 63) & ~63)
      return Place(block, at: offset, byteCount: byteCount, budget: budget)
    } catch {
      budget?.giveBack(byteCount)
      throw error
    }
  }

  /// A part of a block that others have parts of as well. Blocks are the larger, the more of them there were.
  private func part(byteCount: Int) throws(InfoldError) -> (AlignedMemory, offset: Int) {
    try state.withLock { (state) throws(InfoldError) -> (AlignedMemory, offset: Int) in
      if let block = state.block, block.byteCount - state.used >= byteCount {
        state.used += byteCount
        return (block, offset: state.used - byteCount)
      }
      let size = max(state.nextByteCount, byteCount)
      let block = try AlignedMemory(byteCount: size, populated: size < PageMemory.hugePage, budget: nil)
      state.block = block
      state.used = byteCount
      state.nextByteCount = min(2 * state.nextByteCount, Self.largestBlock)
      return (block, offset: 0)
    }
  }
}
