import InfoldSystem
import Synchronization

/// Memory for packed constants. It first reuses the memory of source tensors that were packed and
/// released, because allocating memory for weights takes a large part of the start-up time. Many
/// constants share large pages, which the system provides in a fraction of the time that small
/// pages take.
final class WeightArena: Sendable {
  /// Memory for one constant.
  final class Place: Sendable {
    /// The first byte, aligned to a cache line.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let owner: Owner
    private let byteCount: Int
    private let budget: MemoryBudget?

    /// Wraps memory whose bytes already count toward `budget`.
    fileprivate init(_ start: UnsafeMutableRawPointer, of owner: Owner, byteCount: Int, budget: MemoryBudget?) {
      self.start = start
      self.owner = owner
      self.byteCount = byteCount
      self.budget = budget
    }

    deinit {
      budget?.release(byteCount)
      if case .tensors(let block) = owner { block.release(UnsafeRawBufferPointer(start: start, count: byteCount)) }
    }
  }

  /// The allocation that contains the memory.
  fileprivate enum Owner {
    case room(AlignedMemory)
    /// A block that tensors occupied.
    case tensors(PageBlock)
  }

  private struct State {
    weak var block: AlignedMemory?
    var used = 0
    var nextByteCount = PageMemory.smallestByteCount
    /// The blocks of tensors that are being packed.
    var reused: [PageBlock] = []
  }

  private static let largestBlock = 2 * PageMemory.hugePage

  private let state = Mutex(State())

  /// Allocates uninitialized memory.
  ///
  /// - Throws: `InfoldError.Code.limitExceeded` if the current budget or the system cannot provide
  ///   the memory.
  func take(byteCount: Int) throws(InfoldError) -> Place {
    let budget = MemoryBudget.current
    try budget?.take(byteCount)
    for block in state.withLock({ $0.reused }) {
      guard let part = block.take(byteCount: byteCount) else { continue }
      return Place(part.baseAddress!, of: .tensors(block), byteCount: byteCount, budget: budget)
    }
    // Before new memory is allocated for a large constant, free the reused blocks that are too
    // small for it.
    if byteCount >= PageMemory.hugePage { releaseUnused() }
    do throws(InfoldError) {
      let (block, offset) =
        byteCount >= PageMemory.hugePage
        ? (try AlignedMemory(byteCount: byteCount, populated: true, budget: nil), 0)
        : try part(byteCount: (byteCount + 63) & ~63)
      return Place(block.start + offset, of: .room(block), byteCount: byteCount, budget: budget)
    } catch {
      budget?.release(byteCount)
      throw error
    }
  }

  /// Lets constants reuse the memory that tensors in this block free, until `releaseUnused`.
  func reuse(_ block: PageBlock) {
    state.withLock { state in
      guard !state.reused.contains(where: { $0 === block }) else { return }
      block.keepParts()
      state.reused.append(block)
    }
  }

  /// Returns memory to the system that tensors have freed and no constant has reused.
  func releaseUnused() {
    let blocks = state.withLock { state in
      defer { state.reused = [] }
      return state.reused
    }
    for block in blocks { block.stopKeepingParts() }
  }

  /// Returns a part of a shared block. Successive blocks grow.
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
