/// The elements of a window along one axis that lie inside the picture.
public struct WindowTaps: Sendable {
  /// How many lie before the picture.
  public let skipped: Int
  /// Where the first one inside lies in the picture.
  public let first: Int
  /// How many lie inside.
  public let count: Int

  @inlinable @inline(__always)
  public init(position: Int, size: Int, stride: Int, dilation: Int, pad: Int, extent: Int) {
    let start = position * stride - pad
    skipped = Self.elements(before: 0, from: start, size: size, dilation: dilation)
    first = start + skipped * dilation
    count = Self.elements(before: extent, from: start, size: size, dilation: dilation) - skipped
  }

  /// How many of the window's elements lie before `end`.
  @inlinable @inline(__always)
  public static func elements(before end: Int, from start: Int, size: Int, dilation: Int) -> Int {
    // Without the standard library's `min`: where it is not inlined, the linker could keep it for another set of kernels.
    guard end > start else { return 0 }
    let count = (end - start - 1) / dilation + 1
    return count < size ? count : size
  }
}
