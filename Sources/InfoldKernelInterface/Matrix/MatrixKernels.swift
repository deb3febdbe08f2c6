/// Convolutions and matrix products of float32 numbers.
///
/// Their right side is packed: the columns (output channels) in panels of `panelWidth`, a panel's rows behind one another,
/// the last panel filled up with zeros. Packed numbers must begin at a multiple of 64 bytes.
public protocol MatrixKernels: Sendable {
  /// The columns of a panel. The column ranges of the kernels begin at multiples of it.
  static var panelWidth: Int { get }

  /// The numbers that a packed matrix of so many rows and columns takes.
  static func packedCount(rows: Int, columns: Int) -> Int

  /// Packs the panels of a range of columns.
  static func pack(_ arguments: PackArguments)

  /// The scratch memory that `convolve` needs for one call with a window of `taps` positions, in bytes.
  static func convolutionScratch(taps: Int, channels: Int) -> Int

  /// Convolves images whose channels run fastest, without an im2col matrix: every tap reads its pixels where they are. With a
  /// window of one position it is the product of the matrix pixels × channels with the packed one.
  static func convolve(_ arguments: ConvolutionArguments)

  /// Writes images of a few channels with the channels last, and padding around them. The range counts rows of the output,
  /// over all images.
  static func interleaveChannels(_ arguments: InterleaveArguments, rows: Range<Int>)

  /// The numbers that packed Winograd weights take.
  static func winogradPackedCount(tile: Int, channels: Int, outputChannels: Int) -> Int

  /// Transforms the weights of a 3×3 convolution in double precision, rounds them once, and packs the panels of a range of output
  /// channels.
  /// - Returns: Whether they suit the algorithm: some that are not finite, or very large, do not.
  static func packWinograd(_ arguments: WinogradPackArguments) -> Bool

  /// The scratch memory that `convolveWinograd` needs for one call, in bytes.
  static func winogradScratch(tile: Int, channels: Int, outputChannels: Int) -> Int

  /// Convolves with a 3×3 window, stride 1, by Winograd's minimal filtering F(tile × tile, 3 × 3) (Lavin and Gray 2015,
  /// arXiv 1509.09308). Tiles that hold numbers which are not finite, or much larger than those of a window beside them, are
  /// convolved directly: a number reaches only the outputs that read it.
  static func convolveWinograd(_ arguments: WinogradArguments)
}
