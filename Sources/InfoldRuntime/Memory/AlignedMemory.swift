import InfoldSystem
import InfoldTensor

/// Page-aligned memory that is freed with the last reference to it.
///
/// The owner determines who may write to it and when.
package final class AlignedMemory: @unchecked Sendable {
  /// The first byte.
  package let start: UnsafeMutableRawPointer
  /// The number of bytes.
  package let byteCount: Int
  private let budget: MemoryBudget?

  /// Allocates uninitialized memory.
  ///
  /// - Parameters:
  ///   - byteCount: The size in bytes.
  ///   - populated: Whether all of it will be written soon.
  ///   - budget: The budget that the memory counts toward.
  /// - Throws: `InfoldError.Code.limitExceeded` if the budget or the system cannot provide the
  ///   memory.
  package init(
    byteCount: Int, populated: Bool = false, budget: MemoryBudget? = .current
  ) throws(InfoldError) {
    try budget?.take(byteCount)
    let count = max(byteCount, 1)
    guard let start = PageMemory.allocate(byteCount: count) else {
      budget?.release(byteCount)
      throw InfoldError(.limitExceeded, "cannot allocate \(counted(byteCount, "byte")) of working memory")
    }
    if populated, count >= PageMemory.smallestByteCount { PageMemory.populate(start, byteCount: count) }
    self.start = start
    self.byteCount = byteCount
    self.budget = budget
  }

  deinit {
    budget?.release(byteCount)
    PageMemory.free(start, byteCount: max(byteCount, 1))
  }

  /// The memory as single-precision numbers.
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
}
