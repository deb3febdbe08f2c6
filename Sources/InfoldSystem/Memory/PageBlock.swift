import Synchronization

/// Memory of the system in parts: what was read at once stays where it lies, as the tensors that adopt a part each, and what tensors
/// give back may be taken again. It goes back to the system with the last reference, or part by part before.
package final class PageBlock: @unchecked Sendable {
  /// All of it. Whoever makes the block writes it; afterwards each part belongs to the tensor that adopts it, or to who takes it.
  package let bytes: UnsafeMutableRawBufferPointer

  private struct FreeList {
    /// How many want to take parts, for whom those that are given back are kept.
    var keepers = 0
    /// In their order, none beside another.
    var parts: [Range<Int>] = []
  }

  private let free = Mutex(FreeList())

  /// Parts begin at multiples of this, and have what lies behind them up to the next one.
  package static let alignment = 64

  /// Memory of `byteCount` bytes, which is about to be written as a whole.
  /// - Returns: `nil` when the system has no such memory.
  package init?(byteCount: Int) {
    guard let start = PageMemory.allocate(byteCount: byteCount) else { return nil }
    PageMemory.populate(start, byteCount: byteCount)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Memory of `byteCount` bytes, of which only parts are going to be written: pages come when they are touched.
  /// - Returns: `nil` when the system has no such memory.
  package init?(reserving byteCount: Int) {
    guard let start = PageMemory.reserve(byteCount: byteCount) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit {
    PageMemory.free(bytes.baseAddress!, byteCount: bytes.count)
  }

  /// Takes back a part that nobody reads any more: it is kept for those who want to take parts, or goes back to the system, as far as it
  /// fills pages.
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

  /// Keeps parts that are given back from now on, until as many calls of `stopKeepingParts`.
  package func keepParts() {
    free.withLock { $0.keepers += 1 }
  }

  /// Gives what is left of them to the system.
  package func stopKeepingParts() {
    let parts = free.withLock { free -> [Range<Int>] in
      free.keepers -= 1
      guard free.keepers == 0 else { return [] }
      defer { free.parts = [] }
      return free.parts
    }
    for part in parts { discard(part) }
  }

  /// A part of `byteCount` bytes that was given back, for the caller until it gives it back; its content is not defined.
  /// - Returns: `nil` when there is none so large.
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
  /// Adds a range that overlaps none, and joins it with those beside it.
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
