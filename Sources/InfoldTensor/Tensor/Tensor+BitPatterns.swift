import InfoldSystem

/// An unsigned integer that holds the bits of one element, for operators that move elements
/// regardless of their type.
package protocol BitPattern: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {}

extension UInt8: BitPattern {}
extension UInt16: BitPattern {}
extension UInt32: BitPattern {}
extension UInt64: BitPattern {}

extension Tensor {
  /// Calls `body` with the elements' bits, in row-major order.
  /// - Precondition: `Bits` is as wide as an element.
  package func withBitPatterns<Bits: BitPattern, Result, Failure: Error>(
    as _: Bits.Type = Bits.self, _ body: (Span<Bits>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(Bits.bitWidth == elementType.bitWidth, "the bits of \(elementType) were read as \(Bits.self)")
    return try withUnsafeBytes { bytes throws(Failure) in try body(bytes.bindMemory(to: Bits.self).span) }
  }

  /// Calls `body` with the elements' bits for writing, in row-major order.
  /// - Precondition: `Bits` is as wide as an element, and `body` stores only valid bit patterns of
  ///   the element type.
  /// - Throws: The errors of `withMutableSpan`.
  package mutating func withMutableBitPatterns<Bits: BitPattern, Result>(
    as _: Bits.Type = Bits.self, _ body: (inout MutableSpan<Bits>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    precondition(Bits.bitWidth == elementType.bitWidth, "the bits of \(elementType) were written as \(Bits.self)")
    return try withUnsafeMutableBytes { bytes throws(InfoldError) in
      var span = bytes.bindMemory(to: Bits.self).mutableSpan
      return try body(&span)
    }
  }
}

extension Tensor {
  /// Evenly spaced blocks of adjacent elements, for `copyBlocks`.
  package struct Blocks {
    /// The index of the first block's first element.
    package var start: Int
    /// The distance between the first elements of consecutive blocks.
    package var stride: Int

    /// Creates a description of blocks.
    package init(start: Int, stride: Int) {
      self.start = start
      self.stride = stride
    }
  }

  /// Copies `count` blocks of `length` adjacent elements from `source`.
  /// - Precondition: The element types are equal and at least a byte wide. All blocks lie within
  ///   the tensors.
  /// - Throws: `InfoldError` with `.limitExceeded` if the tensor is shared and its copy does not
  ///   fit into memory.
  package mutating func copyBlocks(
    _ count: Int, of length: Int, from source: Tensor, at sourceBlocks: Blocks, to blocks: Blocks
  ) throws(InfoldError) {
    guard count > 0, length > 0 else { return }
    precondition(source.elementType == elementType)
    precondition(blocks.start >= 0 && blocks.start + (count - 1) * blocks.stride + length <= self.count)
    precondition(
      sourceBlocks.start >= 0 && sourceBlocks.start + (count - 1) * sourceBlocks.stride + length <= source.count)
    let width = byteCount / self.count
    try source.withUnsafeBytes { source throws(InfoldError) in
      try withUnsafeMutableBytes { destination in
        for block in 0..<count {
          let from = (sourceBlocks.start + block * sourceBlocks.stride) * width
          let to = (blocks.start + block * blocks.stride) * width
          UnsafeMutableRawBufferPointer(rebasing: destination[to..<(to + length * width)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<(from + length * width)]))
        }
      }
    }
  }
}
