/// Kernels in which each lane of a vector computes independently, so that the vector width does not
/// change the results.
///
/// Like the kernels of `PointwiseKernels`, they take a range of their units of work, stay within
/// their operands, and allocate no memory.
public protocol LanewiseKernels: Sendable {
  /// Max and average pooling. The range counts rows of the output, over all images.
  static func pool(_ arguments: PoolArguments, rows: Range<Int>)

  /// A function of one operand. The range counts pixels, over all images.
  static func unary(_ arguments: UnaryArguments, pixels: Range<Int>)

  /// A function of two operands. The range counts pixels, over all images.
  static func binary(_ arguments: BinaryArguments, pixels: Range<Int>)

  /// Weighted sums of planes. The range counts the elements of a plane.
  static func mixPlanes(_ arguments: PlaneMixArguments, elements: Range<Int>)

  /// The gates of an LSTM. The range counts rows.
  static func memoryGates(_ arguments: MemoryGateArguments, rows: Range<Int>)

  /// The gates of a GRU. The range counts rows.
  static func updateGates(_ arguments: UpdateGateArguments, rows: Range<Int>)

  /// x · scale + shift. The range counts pixels, over all images.
  static func scaleShift(_ arguments: ScaleShiftArguments, pixels: Range<Int>)

  /// (x − mean) · factor · scale + shift, with one mean, factor, scale and shift per channel. The
  /// range counts pixels, over all images.
  static func channelNormalization(_ arguments: ChannelNormalizationArguments, pixels: Range<Int>)

  /// Widens 16-bit numbers to single precision. The conversion is exact, even if the thread flushes
  /// subnormal numbers. NaN of float16 becomes quiet.
  static func widen(
    _ input: UnsafePointer<UInt16>, of format: NarrowFormat, to output: UnsafeMutablePointer<Float>, count: Int)

  /// Rounds to 16-bit numbers, ties to even. Numbers beyond the range become infinite, and NaN
  /// stays NaN.
  static func narrow(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<UInt16>, of format: NarrowFormat, count: Int)
}

/// A 16-bit floating-point format.
public enum NarrowFormat: Sendable {
  /// 5 bits of exponent, 10 of significand.
  case float16
  /// The upper half of a single-precision number: 8 bits of exponent, 7 of significand.
  case bfloat16
}
