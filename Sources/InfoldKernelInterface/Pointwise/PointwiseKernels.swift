/// The kernels of everything that is no product and not lane by lane: reductions, normalizations, and what moves numbers.
///
/// Every kernel takes a range of its units of work, so that threads can share it. An element of the result is computed
/// by the same operations in the same order whatever the range. No kernel reads or writes outside of its operands, and
/// none allocates memory; ranges may be empty, sizes are otherwise at least 1 unless said differently.
public protocol PointwiseKernels: Sendable {
  // MARK: Reductions

  /// Reduction of every channel of every picture. The range counts `arguments.unitCount` units.
  static func globalPool(_ arguments: GlobalPoolArguments, units: Range<Int>)

  /// Reduction of every row. The range counts rows.
  static func reduceRows(_ arguments: RowReductionArguments, rows: Range<Int>)

  // MARK: Normalization

  /// Softmax or log-softmax. The range counts rows.
  static func softmax(_ arguments: SoftmaxArguments, rows: Range<Int>)

  /// Layer normalization, and that by the root mean square. The range counts rows.
  static func layerNormalization(_ arguments: LayerNormalizationArguments, rows: Range<Int>)

  /// Instance normalization in row-major order. The range counts rows.
  static func instanceNormalization(_ arguments: InstanceNormalizationArguments, rows: Range<Int>)

  /// The sums that group and instance normalization with the channels last needs. The range counts `arguments.partCount` parts.
  static func partMoments(_ arguments: GroupNormalizationArguments, parts: Range<Int>)

  /// What the sums of all parts make of groups. The range counts `arguments.groupCount` groups.
  static func groupMoments(_ arguments: GroupNormalizationArguments, groups: Range<Int>)

  /// Group and instance normalization with the channels last, by the moments of all groups. The range counts `arguments.partCount` parts.
  static func groupNormalization(_ arguments: GroupNormalizationArguments, parts: Range<Int>)

  /// Local response normalization. The range counts pixels, over all images; every input has the channel stride 1.
  static func localResponseNormalization(_ arguments: LocalResponseNormalizationArguments, pixels: Range<Int>)

  // MARK: Transforms

  /// Discrete Fourier transforms, in double precision. The range counts signals.
  static func fourierTransforms(_ arguments: FourierArguments, signals: Range<Int>)

  // MARK: Rearrangement

  /// Transposition of matrices, and so NCHW to NHWC and back. The range counts `arguments.unitCount` units.
  static func transpose(_ arguments: TransposeArguments, units: Range<Int>)

  /// Channel shuffle. The range counts pixels, over all images.
  static func shuffleChannels(_ arguments: ChannelShuffleArguments, pixels: Range<Int>)

  /// Pixels from other places: Resize by nearest neighbour, Pad, Slice. The range counts rows of the output, over all
  /// pictures.
  static func gatherPixels(_ arguments: GatherPixelsArguments, rows: Range<Int>)

  /// Bilinear interpolation. The range counts rows of the output, over all pictures.
  static func resizeLinear(_ arguments: ResizeLinearArguments, rows: Range<Int>)

  /// Weighted sums of neighbours along one axis. The range counts the elements of that axis in the result, for all that stand before it.
  static func resampleAxis(_ arguments: AxisResamplingArguments, units: Range<Int>)

  /// Weighted sums, or greatest products, of pixels. The range counts results.
  static func weighPixels(_ arguments: WeightedPixelsArguments, results: Range<Int>)

  /// What the moved elements of a window read. The range counts positions of the result, over all pictures.
  static func sampleWindows(_ arguments: WindowSamplingArguments, positions: Range<Int>)
}
