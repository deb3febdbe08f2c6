/// Memory of the system that tensors may share: what was read at once stays where it lies, and is freed with the last of them.
package final class PageBlock: @unchecked Sendable {
  /// All of it. Whoever makes the block writes it; afterwards each part belongs to the tensor that adopts it.
  package let bytes: UnsafeMutableRawBufferPointer

  /// Memory of `byteCount` bytes, which is about to be written as a whole.
  /// - Returns: `nil` when the system has no such memory.
  package init?(byteCount: Int) {
    guard let start = PageMemory.allocate(byteCount: byteCount) else { return nil }
    PageMemory.populate(start, byteCount: byteCount)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit {
    PageMemory.free(bytes.baseAddress!, byteCount: bytes.count)
  }

  /// Gives the memory of a part that nobody reads any more back to the system, as far as it fills pages.
  package func discard(_ part: UnsafeRawBufferPointer) {
    if let start = part.baseAddress {
      PageMemory.discard(UnsafeMutableRawPointer(mutating: start), byteCount: part.count)
    }
  }
}
