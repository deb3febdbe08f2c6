import Glibc
import InfoldGraph

/// Memory that begins on a page, and is given back with the last reference to it.
///
/// Whoever makes it decides who may write it, and when.
package final class AlignedMemory: @unchecked Sendable {
  /// The first byte.
  package let start: UnsafeMutableRawPointer
  /// The number of bytes.
  package let byteCount: Int

  /// Blocks of this size and larger are asked to lie on huge pages, so that long walks need few address translations.
  private static let hugePage = 1 << 21

  /// Memory of `byteCount` bytes, whose content is not defined.
  /// - Parameter populated: Whether all of it is about to be written.
  /// - Throws: `InfoldError` with `.limitExceeded` when the system has no such memory.
  package init(byteCount: Int, populated: Bool = false) throws(InfoldError) {
    let count = max(byteCount, 1)
    let isHuge = count >= Self.hugePage
    guard let start = PageMemory.allocate(byteCount: count, alignment: isHuge ? Self.hugePage : 4096) else {
      throw InfoldError(.limitExceeded, "\(byteCount) bytes of working memory cannot be had")
    }
    if isHuge { madvise(start, count & ~(Self.hugePage - 1), Int32(MADV_HUGEPAGE)) }
    if populated, count >= PageMemory.smallestByteCount { PageMemory.populate(start, byteCount: count) }
    self.start = start
    self.byteCount = byteCount
  }

  deinit {
    PageMemory.free(start, byteCount: max(byteCount, 1))
  }

  /// The memory as floating-point numbers.
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
}
