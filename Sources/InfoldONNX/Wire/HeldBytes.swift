import InfoldSystem
import InfoldTensor

/// The bytes of a model while it is decoded.
final class HeldBytes {
  let buffer: UnsafeRawBufferPointer
  /// What they lie in; `nil` when the caller keeps them.
  private let block: PageBlock?

  /// All bytes of a file.
  /// - Throws: `InfoldError`: `.fileAccess`, or `.limitExceeded` when it is larger than `limit` or than what memory can be had.
  init(_ file: RegularFile, limit: Int, hint: String?) throws(InfoldError) {
    try file.require(atMost: limit, hint: hint)
    guard file.size > 0 else {
      block = nil
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    try MemoryBudget.current?.require(file.size)
    guard let block = PageBlock(byteCount: file.size) else {
      throw InfoldError(.limitExceeded, "there is no memory for the \(counted(file.size, "byte")) of the file")
    }
    self.block = block
    buffer = UnsafeRawBufferPointer(block.bytes)
    try file.read(into: block.bytes, at: 0)
  }

  /// A copy of `contents`, which tensors may go on using.
  /// - Throws: `InfoldError` with `.limitExceeded` when there is no memory for it.
  init(copying contents: [UInt8]) throws(InfoldError) {
    guard !contents.isEmpty else {
      block = nil
      buffer = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let block = PageBlock(byteCount: contents.count) else {
      throw InfoldError(.limitExceeded, "there is no memory for the \(counted(contents.count, "byte")) of the model")
    }
    self.block = block
    buffer = UnsafeRawBufferPointer(block.bytes)
    block.bytes.copyBytes(from: contents)
  }

  /// Bytes that the caller keeps.
  init(borrowing buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
    block = nil
  }

  func contains(_ pointer: UnsafeMutablePointer<UInt8>?) -> Bool {
    guard let pointer, let start = buffer.baseAddress else { return false }
    return (start..<(start + buffer.count)).contains(UnsafeRawPointer(pointer))
  }

  /// Moves `parts`, which stand in their order, to where tensors can begin, as far as there is room between them. What lies
  /// between them is lost.
  /// - Returns: Where they are now.
  func align(_ parts: [Range<Int>]) -> [Range<Int>] {
    guard let bytes = block?.bytes else { return parts }
    var places: [Range<Int>] = []
    var free = 0
    for (index, part) in parts.enumerated() {
      let next = index + 1 < parts.count ? parts[index + 1].lowerBound : bytes.count
      var start = part.lowerBound & ~(Tensor.alignment - 1)
      if start < free { start += Tensor.alignment }
      if start < free || start + part.count > next { start = part.lowerBound }
      if start != part.lowerBound {
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + part.count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[part]))
      }
      free = start + part.count
      places.append(start..<free)
    }
    return places
  }

  /// A tensor of the elements in `part`, where they lie; `nil` where they must be copied.
  func tensor(
    _ shape: [Int], of elementType: ElementType, in part: UnsafeBufferPointer<UInt8>
  ) throws(InfoldError) -> Tensor? {
    guard let block, let start = part.baseAddress, contains(UnsafeMutablePointer(mutating: start)),
      Int(bitPattern: start) % Tensor.alignment == 0
    else { return nil }
    let offset = UnsafeRawPointer(start) - buffer.baseAddress!
    let bytes = UnsafeMutableRawBufferPointer(rebasing: block.bytes[offset..<offset + part.count])
    return try Tensor(shape, of: elementType, adopting: bytes, of: block)
  }

  /// Gives the memory of bytes that nobody reads any more back to the system.
  func discard(_ part: UnsafeBufferPointer<UInt8>) {
    block?.discard(UnsafeRawBufferPointer(part))
  }
}
