/// The elements of a window along one axis that lie inside the picture.
struct WindowTaps {
  /// How many lie before the picture.
  let skipped: Int
  /// Where the first one inside lies in the picture.
  let first: Int
  /// How many lie inside.
  let count: Int

  @inline(always)
  init(position: Int, size: Int, stride: Int, dilation: Int, pad: Int, extent: Int) {
    let start = position * stride - pad
    skipped = Self.elements(before: 0, from: start, size: size, dilation: dilation)
    first = start + skipped * dilation
    count = Self.elements(before: extent, from: start, size: size, dilation: dilation) - skipped
  }

  /// How many of the window's elements lie before `end`.
  @inline(always)
  static func elements(before end: Int, from start: Int, size: Int, dilation: Int) -> Int {
    end <= start ? 0 : min((end - start - 1) / dilation + 1, size)
  }
}
