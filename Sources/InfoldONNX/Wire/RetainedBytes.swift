import InfoldSystem
import InfoldTensor

/// The bytes of a model while it is decoded.
///
/// A file is read once, on demand, from beginning to end. The data of large initializers is read
/// directly into memory aligned for tensors and stays there. There are few other bytes.
package final class RetainedBytes {
  /// All bytes. For a file, those loaded so far are valid.
  let buffer: UnsafeRawBufferPointer
  private let source: Source
  /// The end of the loaded bytes. Data that was passed over is not loaded.
  private var loadedCount = 0
  /// The number of bytes to read at a time.
  private var step = smallestStep
  /// The memory of the large data that has been placed.
  private var data: PageBlock?

  private enum Source {
    case file(RegularFile, PageBlock)
    case copy(PageBlock)
    case caller
  }

  /// Usually enough for the bytes between the data of two tensors.
  private static let smallestStep = 1 << 12
  private static let largestStep = 1 << 18

  /// Reserves memory for the bytes of a file.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` if the file exceeds `limit` or the
  ///   available memory.
  package init(_ file: RegularFile, limit: Int, hint: String?) throws(InfoldError) {
    try file.require(atMost: limit, hint: hint)
    guard file.size > 0 else {
      source = .caller
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    try MemoryBudget.current?.require(file.size)
    guard let block = PageBlock(reserving: file.size) else {
      throw InfoldError(.limitExceeded, "out of memory: the file has \(counted(file.size, "byte"))")
    }
    source = .file(file, block)
    buffer = UnsafeRawBufferPointer(block.bytes)
  }

  /// Copies `contents`.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
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

  /// Borrows bytes that the caller keeps alive.
  init(borrowing buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
    source = .caller
  }

  private static func block(byteCount: Int) throws(InfoldError) -> PageBlock {
    guard let block = PageBlock(byteCount: byteCount) else {
      throw InfoldError(.limitExceeded, "out of memory: the model has \(counted(byteCount, "byte"))")
    }
    return block
  }
}

// MARK: Reading

extension RetainedBytes {
  /// Loads the bytes before `end`, or up to the end of the file.
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

  /// Skips large data that ends at `end`.
  func passOver(upTo end: Int) {
    if end > loadedCount { (loadedCount, step) = (end, Self.smallestStep) }
  }

  /// Places large data in memory aligned for tensors, unless the caller keeps the bytes.
  /// - Parameter parts: The ranges of the data, in order.
  /// - Returns: The new locations, valid as long as this value.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` if memory cannot be allocated.
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
  /// Whether the address is part of these bytes.
  func contains(_ pointer: UnsafeMutablePointer<UInt8>?) -> Bool {
    guard let pointer else { return false }
    return buffer.holds(pointer) || data.map { UnsafeRawBufferPointer($0.bytes).holds(pointer) } ?? false
  }

  /// A tensor that shares the elements in `part`, or `nil` if they must be copied.
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
