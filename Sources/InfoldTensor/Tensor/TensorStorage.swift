import InfoldSystem
import Synchronization

/// The bytes of a tensor: zeroed at first, aligned for every SIMD load, freed with the last tensor that shares them.
///
/// Written only while uniquely referenced (`Tensor` checks), so sharing between threads is safe.
final class TensorStorage: @unchecked Sendable {
  static let alignment = 64

  let bytes: UnsafeMutableRawBufferPointer
  /// What no other storage of the process has, or will have.
  let id = ids.add(1, ordering: .relaxed).newValue

  private static let ids = Atomic<UInt64>(0)

  private enum Owner {
    /// The allocator, which gave this.
    case allocator(UnsafeMutableRawPointer)
    /// The storage alone has pages of the system.
    case pages
    /// The bytes are part of this, and of no other storage.
    case block(PageBlock)
    /// The caller, who is told by this that nobody reads the bytes any more, and who alone may write them.
    case caller(@Sendable () -> Void)
  }

  private let owner: Owner
  /// What the bytes count in.
  private let budget: MemoryBudget?
  private let isCharged: Atomic<Bool>

  /// Zeroed memory for `byteCount` bytes. The system zeroes large blocks itself, page by page, when they are touched.
  /// - Throws: `InfoldError` with `.limitExceeded` when the current budget or the system has no such memory.
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
      throw InfoldError(.limitExceeded, "a tensor of \(counted(byteCount, "byte")) does not fit into memory")
    }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// The bytes that lie in a part of `block`, which nobody else uses from now on.
  /// - Precondition: The part is aligned.
  /// - Throws: `InfoldError` with `.limitExceeded` when the current budget has no such memory.
  init(adopting part: UnsafeMutableRawBufferPointer, of block: PageBlock) throws(InfoldError) {
    let budget = MemoryBudget.current
    try budget?.take(part.count)
    self.budget = budget
    isCharged = Atomic(budget != nil)
    owner = .block(block)
    bytes = part
  }

  /// The bytes of a caller, which count in no budget.
  init(borrowing bytes: UnsafeRawBufferPointer, _ deallocator: @escaping @Sendable () -> Void) {
    budget = nil
    isCharged = Atomic(false)
    owner = .caller(deallocator)
    self.bytes = UnsafeMutableRawBufferPointer(mutating: bytes)
  }

  /// Whether the bytes are a caller's, and are not to be written.
  var isBorrowed: Bool { if case .caller = owner { true } else { false } }

  /// What the bytes are part of, where they are part of a block.
  var block: PageBlock? { if case .block(let block) = owner { block } else { nil } }

  /// Prepares memory that is about to be written as a whole.
  func populate() {
    if case .pages = owner { PageMemory.populate(bytes.baseAddress!, byteCount: bytes.count) }
  }

  /// Counts no longer in the budget that it was taken from: somebody else holds it now.
  func leaveBudget() {
    // Relaxed: exactly one exchange finds it charged, whatever else is seen.
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
