/// The elements of a window along one axis that lie inside the image.
public struct WindowTaps: Sendable {
  /// The number of elements before the image.
  public let skipped: Int
  /// The position of the first inner element in the image.
  public let first: Int
  /// The number of elements inside the image.
  public let count: Int

  @inlinable @inline(__always)
  public init(position: Int, size: Int, stride: Int, dilation: Int, pad: Int, extent: Int) {
    let start = position * stride - pad
    skipped = Self.elements(before: 0, from: start, size: size, dilation: dilation)
    first = start + skipped * dilation
    count = Self.elements(before: extent, from: start, size: size, dilation: dilation) - skipped
  }

  /// Returns the number of window elements before `end`.
  @inlinable @inline(__always)
  public static func elements(before end: Int, from start: Int, size: Int, dilation: Int) -> Int {
    // Avoids the standard library's `min`. If it were not inlined, the linker could merge its
    // copies from kernels of different instruction sets.
    guard end > start else { return 0 }
    let count = (end - start - 1) / dilation + 1
    return count < size ? count : size
  }
}
