import Glibc
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

  /// What the allocator gave; `nil` when the memory is the system's pages.
  private let allocation: UnsafeMutableRawPointer?
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
    let start: UnsafeMutableRawPointer?
    if byteCount >= PageMemory.smallestByteCount {
      allocation = nil
      start = PageMemory.allocate(byteCount: byteCount)
    } else {
      allocation = calloc(byteCount + Self.alignment, 1)
      start = allocation?.alignedUp(toMultipleOf: Self.alignment)
    }
    guard let start else {
      budget?.giveBack(byteCount)
      throw InfoldError(.limitExceeded, "a tensor of \(byteCount) bytes does not fit into memory")
    }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Prepares memory that is about to be written as a whole.
  func populate() {
    if allocation == nil { PageMemory.populate(bytes.baseAddress!, byteCount: bytes.count) }
  }

  /// Counts no longer in the budget that it was taken from: somebody else holds it now.
  func leaveBudget() {
    if isCharged.exchange(false, ordering: .relaxed) { budget?.giveBack(bytes.count) }
  }

  deinit {
    leaveBudget()
    if let allocation { free(allocation) } else { PageMemory.free(bytes.baseAddress!, byteCount: bytes.count) }
  }
}
