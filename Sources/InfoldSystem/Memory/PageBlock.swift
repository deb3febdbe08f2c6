import Synchronization

/// A block of pages that is divided into parts. Tensors adopt parts of what was read in one piece,
/// without a copy. Parts that tensors release can be reused. Memory returns to the system with the
/// last reference to the block, or earlier part by part.
package final class PageBlock: @unchecked Sendable {
  /// The whole block. Its creator writes it. Afterwards each part belongs to the tensor that adopts
  /// it, or to the caller that takes it.
  package let bytes: UnsafeMutableRawBufferPointer

  private struct FreeList {
    /// The number of clients that want to take parts. Released parts are kept while there are any.
    var keepers = 0
    /// The free parts in ascending order, with adjacent ones merged.
    var parts: [Range<Int>] = []
  }

  private let free = Mutex(FreeList())

  /// The alignment of parts in bytes. A part owns the padding up to the next multiple.
  package static let alignment = 64

  /// Allocates `byteCount` bytes that are about to be written completely.
  /// - Returns: `nil` if the system has no memory.
  package init?(byteCount: Int) {
    guard let start = PageMemory.allocate(byteCount: byteCount) else { return nil }
    PageMemory.populate(start, byteCount: byteCount)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Allocates `byteCount` bytes that are going to be written in part. Pages are committed on first
  /// access.
  /// - Returns: `nil` if the system has no memory.
  package init?(reserving byteCount: Int) {
    guard let start = PageMemory.reserve(byteCount: byteCount) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit {
    PageMemory.free(bytes.baseAddress!, byteCount: bytes.count)
  }

  /// Releases a part that is no longer read. It is kept if there are clients that take parts.
  /// Otherwise, its whole pages return to the system.
  package func release(_ part: UnsafeRawBufferPointer) {
    guard let start = part.baseAddress, !part.isEmpty else { return }
    let offset = start - UnsafeRawPointer(bytes.baseAddress!)
    let end = min((offset + part.count + Self.alignment - 1) & ~(Self.alignment - 1), bytes.count)
    let isKept = free.withLock { free in
      if free.keepers > 0 { free.parts.insert(offset..<end) }
      return free.keepers > 0
    }
    if !isKept { discard(offset..<end) }
  }

  /// Starts keeping released parts for reuse. Balance each call with `stopKeepingParts`.
  package func keepParts() {
    free.withLock { $0.keepers += 1 }
  }

  /// Ends a call of `keepParts`. After the last one, the remaining free parts return to the system.
  package func stopKeepingParts() {
    let parts = free.withLock { free -> [Range<Int>] in
      free.keepers -= 1
      guard free.keepers == 0 else { return [] }
      defer { free.parts = [] }
      return free.parts
    }
    for part in parts { discard(part) }
  }

  /// Takes a free part of `byteCount` bytes with undefined contents. The caller owns it until it
  /// releases it.
  /// - Returns: `nil` if no free part is large enough.
  package func take(byteCount: Int) -> UnsafeMutableRawBufferPointer? {
    let size = (byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
    return free.withLock { free in
      guard let index = free.parts.firstIndex(where: { $0.count >= size }) else { return nil }
      let part = free.parts[index]
      if part.count == size {
        free.parts.remove(at: index)
      } else {
        free.parts[index] = part.lowerBound + size..<part.upperBound
      }
      return UnsafeMutableRawBufferPointer(rebasing: bytes[part.lowerBound..<part.lowerBound + byteCount])
    }
  }

  private func discard(_ part: Range<Int>) {
    PageMemory.discard(bytes.baseAddress! + part.lowerBound, byteCount: part.count)
  }
}

extension [Range<Int>] {
  /// Inserts a range that overlaps no other, and merges it with adjacent ranges.
  fileprivate mutating func insert(_ range: Range<Int>) {
    var index = firstIndex { $0.lowerBound >= range.upperBound } ?? endIndex
    var range = range
    if index < endIndex, self[index].lowerBound == range.upperBound {
      range = range.lowerBound..<self[index].upperBound
      remove(at: index)
    }
    if index > startIndex, self[index - 1].upperBound == range.lowerBound {
      index -= 1
      range = self[index].lowerBound..<range.upperBound
      remove(at: index)
    }
    insert(range, at: index)
  }
}
