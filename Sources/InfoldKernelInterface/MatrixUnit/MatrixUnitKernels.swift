/// Convolutions and matrix products by a matrix unit, which multiplies tiles of bfloat16 numbers
/// and sums the products in float32, or by vector instructions that multiply pairs of them.
///
/// The right operand is packed like that of `MatrixKernels`, in panels of `panelWidth` columns.
/// Packed data is counted in units of four bytes and must be aligned to 64 bytes. A result does not
/// depend on the range with which a kernel is called.
public protocol MatrixUnitKernels: Sendable {
  /// The name of the unit, such as `amx`.
  static var name: String { get }

  /// Whether the unit multiplies whole tiles. Otherwise, vector instructions multiply twice as many
  /// numbers as those for float32.
  static var multipliesTiles: Bool { get }

  /// The columns of a panel. The column ranges of the kernels begin at multiples of this.
  static var panelWidth: Int { get }

  /// Returns the number of four-byte units in packed weights.
  static func packedCount(_ factors: BFloat16Factors, taps: Int, channels: Int, columns: Int) -> Int

  /// Packs the panels of a range of columns.
  /// - Returns: Whether the weights suit these factors. Split weights must be finite and round to
  ///   less than 2⁶⁰.
  static func pack(_ arguments: PackArguments, _ factors: BFloat16Factors) -> Bool

  /// Returns the maximum number of output positions for one call of `convolve`, at most 64.
  static func positionLimit(_ factors: BFloat16Factors, taps: Int, channels: Int) -> Int

  /// Returns the scratch memory in bytes that one call of `convolve` needs.
  static func convolutionScratch(_ factors: BFloat16Factors, taps: Int, channels: Int) -> Int

  /// Convolves channels-last images without an im2col matrix, for at most `positionLimit` output
  /// positions. The window must not be empty, and there are one plane and one group. `weights` is
  /// the address of the packed weights.
  ///
  /// - Returns: A bit for each position, beginning with the lowest, that is 1 if the position reads
  ///   a number that must not be split, since it is not finite or rounds to 2⁶⁰ or more. Nothing is
  ///   written for these positions. With rounded factors, there are none.
  static func convolve(_ arguments: ConvolutionArguments, _ factors: BFloat16Factors, _ narrow: NarrowImages) -> UInt64

  /// Writes the numbers that an output position reads, tap by tap: the sums x₁ + x₂ of split
  /// factors, numbers that must not be split as they are, and zeros for padding. They are the same
  /// for all formats of the input.
  ///
  /// - Parameter arguments: Those of `convolve`, for the first of `pixels`.
  static func readFactors(
    _ arguments: ConvolutionArguments, _ narrow: NarrowImages, into target: UnsafeMutablePointer<Float>)

  /// Stores pixels as `convolve` stores those of its output.
  ///
  /// - Parameters:
  ///   - source: The pixels. Those of the target have the same stride.
  ///   - count: The number of pixels.
  ///   - planeStride: The distance between the parts of an element, for split factors.
  static func store(
    _ source: Pixels<Float>, count: Int, _ factors: BFloat16Factors, to target: UnsafeMutablePointer<UInt16>,
    planeStride: Int)

  /// Writes rows of a maximum pool of bfloat16 numbers, counted across all images. Rounding the
  /// maxima of float32 numbers gives the same numbers as this pool of rounded numbers. NaN
  /// propagates, and a window that contains only padding gives −∞.
  static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt16>, _ output: OutputImages<UInt16>, rows: Range<Int>)
}

extension MatrixUnitKernels {
  /// Convolves images of float32 numbers. See `convolve(_:_:_:)`.
  @inlinable @inline(__always)
  public static func convolve(_ arguments: ConvolutionArguments, _ factors: BFloat16Factors) -> UInt64 {
    convolve(arguments, factors, NarrowImages())
  }
}
