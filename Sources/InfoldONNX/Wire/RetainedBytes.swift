import InfoldSystem
import InfoldTensor

/// The bytes of a model while it is decoded.
///
/// A file is read on the way, from its beginning to its end, and once: the data of large initializers comes to where tensors can begin,
/// and stays there. Of all else there are few bytes.
package final class RetainedBytes {
  /// All bytes; of a file, those that have been loaded.
  let buffer: UnsafeRawBufferPointer
  private let source: Source
  /// Before this, everything is there but what was passed over.
  private var loadedCount = 0
  /// How much is read at a time.
  private var step = smallestStep
  /// Where the large data lies that has been placed.
  private var data: PageBlock?

  private enum Source {
    case file(RegularFile, PageBlock)
    case copy(PageBlock)
    case caller
  }

  /// Between the data of two tensors, there is mostly not more.
  private static let smallestStep = 1 << 12
  private static let largestStep = 1 << 18

  /// The bytes of a file.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` when it is larger than `limit` or than what memory can be had.
  package init(_ file: RegularFile, limit: Int, hint: String?) throws(InfoldError) {
    try file.require(atMost: limit, hint: hint)
    guard file.size > 0 else {
      source = .caller
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    try MemoryBudget.current?.require(file.size)
    guard let block = PageBlock(reserving: file.size) else {
      throw InfoldError(.limitExceeded, "there is no memory for the \(counted(file.size, "byte")) of the file")
    }
    source = .file(file, block)
    buffer = UnsafeRawBufferPointer(block.bytes)
  }

  /// A copy of `contents`.
  /// - Throws: `InfoldError` with `.limitExceeded` when there is no memory for it.
  init(copying contents: [UInt8]) throws(InfoldError) {
    guard !contents.isEmpty else {
      source = .caller
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let block = try Self.block(byteCount: contents.count)
    block.bytes.copyBytes(from: contents)
    source = .copy(block)
    buffer = UnsafeRawBufferPointer(block.bytes)
  }

  /// Bytes that the caller keeps.
  init(borrowing buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
    source = .caller
  }

  private static func block(byteCount: Int) throws(InfoldError) -> PageBlock {
    guard let block = PageBlock(byteCount: byteCount) else {
      throw InfoldError(.limitExceeded, "there is no memory for the \(counted(byteCount, "byte")) of the model")
    }
    return block
  }
}

// MARK: Reading

extension RetainedBytes {
  /// Has the bytes before `end` be there, or all that there are.
  /// - Throws: `InfoldError` with `.fileAccess`.
  package func load(upTo end: Int) throws(InfoldError) {
    guard end > loadedCount, case .file(let file, let block) = source else { return }
    let end = min(end, buffer.count)
    while loadedCount < end {
      let part = loadedCount..<min(loadedCount + step, buffer.count)
      try file.read(into: UnsafeMutableRawBufferPointer(rebasing: block.bytes[part]), at: part.lowerBound)
      loadedCount = part.upperBound
      step = min(2 * step, Self.largestStep)
    }
  }

  /// Leaves out large data, which ends at `end`.
  func passOver(upTo end: Int) {
    if end > loadedCount { (loadedCount, step) = (end, Self.smallestStep) }
  }

  /// Puts large data where tensors can begin, unless the caller keeps it.
  /// - Parameter parts: Where it is, in the order in which it stands there.
  /// - Returns: Where it is now, valid as long as this value.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` when there is no memory for it.
  package func place(_ parts: [Range<Int>]) throws(InfoldError) -> [UnsafeRawBufferPointer] {
    guard !parts.isEmpty else { return [] }
    if case .caller = source { return parts.map { UnsafeRawBufferPointer(rebasing: buffer[$0]) } }
    var places: [Range<Int>] = []
    var end = 0
    for part in parts {
      let start = (end + Tensor.alignment - 1) & ~(Tensor.alignment - 1)
      end = start + part.count
      places.append(start..<end)
    }
    let data = try Self.block(byteCount: end)
    for (part, place) in zip(parts, places) {
      let target = UnsafeMutableRawBufferPointer(rebasing: data.bytes[place])
      switch source {
      case .file(let file, _): try file.read(into: target, at: part.lowerBound)
      case .copy(let block):
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[part])
        target.copyMemory(from: bytes)
        block.release(bytes)
      case .caller: break
      }
    }
    self.data = data
    return places.map { UnsafeRawBufferPointer(rebasing: data.bytes[$0]) }
  }
}

// MARK: Sharing

extension RetainedBytes {
  /// Whether what stands there is part of these bytes.
  func contains(_ pointer: UnsafeMutablePointer<UInt8>?) -> Bool {
    guard let pointer else { return false }
    return buffer.holds(pointer) || data.map { UnsafeRawBufferPointer($0.bytes).holds(pointer) } ?? false
  }

  /// A tensor of the elements in `part`, where they lie; `nil` where they must be copied.
  func tensor(
    _ shape: [Int], of elementType: ElementType, in part: UnsafeBufferPointer<UInt8>
  ) throws(InfoldError) -> Tensor? {
    guard let data, let start = part.baseAddress, UnsafeRawBufferPointer(data.bytes).holds(start) else { return nil }
    let offset = UnsafeRawPointer(start) - UnsafeRawPointer(data.bytes.baseAddress!)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: data.bytes[offset..<offset + part.count])
    return try Tensor(shape, of: elementType, adopting: bytes, of: data)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func holds(_ pointer: UnsafePointer<UInt8>) -> Bool {
    baseAddress.map { ($0..<$0 + count).contains(UnsafeRawPointer(pointer)) } ?? false
  }
}
