import InfoldSystem
import InfoldTensor

/// Memory that begins on a page, and is given back with the last reference to it.
///
/// Whoever makes it decides who may write it, and when.
package final class AlignedMemory: @unchecked Sendable {
  /// The first byte.
  package let start: UnsafeMutableRawPointer
  /// The number of bytes.
  package let byteCount: Int
  private let budget: MemoryBudget?

  /// Memory of `byteCount` bytes, whose content is not defined.
  /// - Parameters:
  ///   - populated: Whether all of it is about to be written.
  ///   - budget: What it counts in.
  /// - Throws: `InfoldError` with `.limitExceeded` when the budget or the system has no such memory.
  package init(
    byteCount: Int, populated: Bool = false, budget: MemoryBudget? = .current
  ) throws(InfoldError) {
    try budget?.take(byteCount)
    let count = max(byteCount, 1)
    guard let start = PageMemory.allocate(byteCount: count) else {
      budget?.release(byteCount)
      throw InfoldError(.limitExceeded, "\(counted(byteCount, "byte")) of working memory cannot be had")
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

  /// The memory as floating-point numbers.
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
}
