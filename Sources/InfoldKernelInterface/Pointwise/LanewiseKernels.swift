/// The kernels in which each lane of a vector computes a number by itself: the width of the vectors changes no bits of the results.
///
/// As those of `PointwiseKernels`, each takes a range of its units of work, stays inside of its operands, and allocates nothing.
public protocol LanewiseKernels: Sendable {
  /// Maximum and average pools. The range counts rows of the output, over all pictures.
  static func pool(_ arguments: PoolArguments, rows: Range<Int>)

  /// A function of one operand. The range counts pixels, over all images.
  static func unary(_ arguments: UnaryArguments, pixels: Range<Int>)

  /// A function of two operands. The range counts pixels, over all images.
  static func binary(_ arguments: BinaryArguments, pixels: Range<Int>)

  /// Sums of planes. The range counts the elements of a plane.
  static func mixPlanes(_ arguments: PlaneMixArguments, elements: Range<Int>)

  /// LSTM's gates. The range counts rows.
  static func memoryGates(_ arguments: MemoryGateArguments, rows: Range<Int>)

  /// GRU's gates. The range counts rows.
  static func updateGates(_ arguments: UpdateGateArguments, rows: Range<Int>)

  /// x · scale + shift. The range counts pixels, over all images.
  static func scaleShift(_ arguments: ScaleShiftArguments, pixels: Range<Int>)

  /// (x − mean) · factor · scale + shift, one of each per channel. The range counts pixels, over all images.
  static func channelNormalization(_ arguments: ChannelNormalizationArguments, pixels: Range<Int>)

  /// Numbers of 16 bits in single precision, which is exact, also where the thread flushes subnormal numbers. A NaN of float16 becomes a
  /// quiet one.
  static func widen(
    _ input: UnsafePointer<UInt16>, of format: NarrowFormat, to output: UnsafeMutablePointer<Float>, count: Int)

  /// The nearest numbers of 16 bits, halves to the even ones; infinite ones beyond the greatest. A NaN stays one.
  static func narrow(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<UInt16>, of format: NarrowFormat, count: Int)
}

/// The floating-point numbers of 16 bits.
public enum NarrowFormat: Sendable {
  /// 5 bits of exponent, 10 of significand.
  case float16
  /// The upper half of a number in single precision: 8 bits of exponent, 7 of significand.
  case bfloat16
}
