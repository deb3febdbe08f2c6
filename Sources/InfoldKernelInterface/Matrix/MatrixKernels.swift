/// Convolutions and matrix products of float32 numbers.
///
/// The right operand is packed. Its columns (output channels) are divided into panels of
/// `panelWidth`. The rows of a panel are contiguous, and the last panel is padded with zeros.
/// Packed data must be aligned to 64 bytes.
public protocol MatrixKernels: Sendable {
  /// The columns of a panel. The column ranges of the kernels begin at multiples of this.
  static var panelWidth: Int { get }

  /// Returns the number of floats in a packed matrix of this size.
  static func packedCount(rows: Int, columns: Int) -> Int

  /// Packs the panels of a range of columns.
  static func pack(_ arguments: PackArguments)

  /// Returns the scratch memory in bytes that one call of `convolve` needs for a window of `taps`
  /// positions.
  static func convolutionScratch(taps: Int, channels: Int) -> Int

  /// Convolves channels-last images without an im2col matrix. With a window of one position, this
  /// is the product of the matrix pixels × channels with the packed matrix.
  static func convolve(_ arguments: ConvolutionArguments)

  /// Rewrites images with few channels in channels-last order with padding around them. The range
  /// counts rows of the output, over all images.
  static func interleaveChannels(_ arguments: InterleaveArguments, rows: Range<Int>)

  /// Returns the number of floats in packed Winograd weights.
  static func winogradPackedCount(tile: Int, channels: Int, outputChannels: Int) -> Int

  /// Transforms the weights of a 3×3 convolution in double precision, rounds them once, and packs
  /// the panels of a range of output channels.
  /// - Returns: Whether the weights are suitable for the algorithm. Non-finite and very large
  ///   weights are not.
  static func packWinograd(_ arguments: WinogradPackArguments) -> Bool

  /// Returns the scratch memory in bytes that one call of `convolveWinograd` needs.
  static func winogradScratch(tile: Int, channels: Int, outputChannels: Int) -> Int

  /// Convolves with a 3×3 window and stride 1 by Winograd's minimal filtering F(tile × tile, 3 × 3)
  /// (Lavin and Gray 2015, arXiv 1509.09308). Tiles with non-finite numbers, or with numbers much
  /// larger than those of an adjacent window, are convolved directly. A number therefore affects
  /// only the outputs that read it.
  static func convolveWinograd(_ arguments: WinogradArguments)
}
