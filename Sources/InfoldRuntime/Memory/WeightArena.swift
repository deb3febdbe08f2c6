import InfoldSystem
import Synchronization

/// Memory for packed constants: that of tensors which have been packed and let go, as far as it reaches, for new memory costs time, and
/// the weights of a network take part of a long start. Many constants lie on the same large pages: those are made in a fraction of the
/// time that small ones take.
final class WeightArena: Sendable {
  /// Room for one constant.
  final class Place: Sendable {
    /// The first byte, on a line of the cache.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let owner: Owner
    private let byteCount: Int
    private let budget: MemoryBudget?

    /// Takes bytes, which count in `budget` already.
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

  /// What the memory of a place is part of.
  fileprivate enum Owner {
    case room(AlignedMemory)
    /// A block in which tensors lay.
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

  /// Room for `byteCount` bytes, whose content is not defined.
  /// - Throws: `InfoldError` with `.limitExceeded` when the current budget or the system has no such memory.
  func take(byteCount: Int) throws(InfoldError) -> Place {
    let budget = MemoryBudget.current
    try budget?.take(byteCount)
    for block in state.withLock({ $0.reused }) {
      guard let part = block.take(byteCount: byteCount) else { continue }
      return Place(part.baseAddress!, of: .tensors(block), byteCount: byteCount, budget: budget)
    }
    // What is too small for large constants is not kept beside their new memory.
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

  /// Lets constants have the memory that tensors in this block leave, until `releaseUnused`.
  func reuse(_ block: PageBlock) {
    state.withLock { state in
      guard !state.reused.contains(where: { $0 === block }) else { return }
      block.keepParts()
      state.reused.append(block)
    }
  }

  /// Gives the system what tensors have left, and no constant has taken.
  func releaseUnused() {
    let blocks = state.withLock { state in
      defer { state.reused = [] }
      return state.reused
    }
    for block in blocks { block.stopKeepingParts() }
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
