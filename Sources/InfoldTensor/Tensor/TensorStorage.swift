import InfoldSystem
import Synchronization

/// The bytes of a tensor: initially zero, aligned for every SIMD load, and freed together with the
/// last tensor that shares them.
///
/// They are written only while uniquely referenced (`Tensor` checks this), so threads may share
/// them.
final class TensorStorage: @unchecked Sendable {
  static let alignment = 64

  let bytes: UnsafeMutableRawBufferPointer
  /// An identifier that is unique in the process.
  let id = ids.add(1, ordering: .relaxed).newValue

  private static let ids = Atomic<UInt64>(0)

  private enum Owner {
    /// The allocator that returned this pointer.
    case allocator(UnsafeMutableRawPointer)
    /// The storage itself, which has mapped its own pages.
    case pages
    /// A block that the bytes are part of. No other storage uses them.
    case block(PageBlock)
    /// The caller. The closure is called when the bytes are no longer read. Only the caller may
    /// write them.
    case caller(@Sendable () -> Void)
  }

  private let owner: Owner
  /// The budget that the bytes count in.
  private let budget: MemoryBudget?
  private let isCharged: Atomic<Bool>

  /// Allocates `byteCount` zeroed bytes. The operating system zeroes large allocations page by page
  /// on first access.
  /// - Throws: `InfoldError` with `.limitExceeded` if the current budget or the system has no
  ///   memory left.
  init(byteCount: Int) throws(InfoldError) {
    let budget = MemoryBudget.current
    try budget?.take(byteCount)
    self.budget = budget
    isCharged = Atomic(budget != nil)
    let start: UnsafeMutableRawPointer
    if byteCount >= PageMemory.smallestByteCount, let pages = PageMemory.allocate(byteCount: byteCount) {
      (owner, start) = (.pages, pages)
    } else if byteCount < PageMemory.smallestByteCount,
      let allocation = HeapMemory.allocateZeroed(byteCount: byteCount + Self.alignment)
    {
      (owner, start) = (.allocator(allocation), allocation.alignedUp(toMultipleOf: Self.alignment))
    } else {
      budget?.release(byteCount)
      throw InfoldError(.limitExceeded, "out of memory: a tensor of \(counted(byteCount, "byte")) cannot be allocated")
    }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Adopts bytes in a part of `block`. This storage becomes their only user.
  /// - Precondition: The part is aligned.
  /// - Throws: `InfoldError` with `.limitExceeded` if the current budget has no memory left.
  init(adopting part: UnsafeMutableRawBufferPointer, of block: PageBlock) throws(InfoldError) {
    let budget = MemoryBudget.current
    try budget?.take(part.count)
    self.budget = budget
    isCharged = Atomic(budget != nil)
    owner = .block(block)
    bytes = part
  }

  /// Borrows bytes that the caller owns. They count in no budget.
  init(borrowing bytes: UnsafeRawBufferPointer, _ deallocator: @escaping @Sendable () -> Void) {
    budget = nil
    isCharged = Atomic(false)
    owner = .caller(deallocator)
    self.bytes = UnsafeMutableRawBufferPointer(mutating: bytes)
  }

  /// Whether the bytes belong to the caller and must not be written.
  var isBorrowed: Bool { if case .caller = owner { true } else { false } }

  /// The block that the bytes are part of, if any.
  var block: PageBlock? { if case .block(let block) = owner { block } else { nil } }

  /// Commits memory that is about to be written completely.
  func populate() {
    if case .pages = owner { PageMemory.populate(bytes.baseAddress!, byteCount: bytes.count) }
  }

  /// Stops counting the bytes in the budget that they were taken from, because they have another
  /// owner now.
  func leaveBudget() {
    // Relaxed is enough: exactly one exchange sees `true`, and no other memory depends on it.
    if isCharged.exchange(false, ordering: .relaxed) { budget?.release(bytes.count) }
  }

  deinit {
    leaveBudget()
    switch owner {
    case .allocator(let allocation): HeapMemory.free(allocation)
    case .pages: PageMemory.free(bytes.baseAddress!, byteCount: bytes.count)
    case .block(let block): block.release(UnsafeRawBufferPointer(bytes))
    case .caller(let deallocator): deallocator()
    }
  }
}
