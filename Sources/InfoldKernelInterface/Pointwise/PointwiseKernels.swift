/// Kernels that are neither products nor lane-wise: reductions, normalizations, and rearrangements.
///
/// Each kernel takes a range of its units of work, so that threads can share it. An element of the
/// result is computed by the same operations in the same order whatever the range. Kernels access
/// only their operands and allocate no memory. Ranges may be empty. Sizes are at least 1 unless
/// stated otherwise.
public protocol PointwiseKernels: Sendable {
  // MARK: Reductions

  /// Reduces each channel of each image. The range counts `arguments.unitCount` units.
  static func globalPool(_ arguments: GlobalPoolArguments, units: Range<Int>)

  /// Reduces each row. The range counts rows.
  static func reduceRows(_ arguments: RowReductionArguments, rows: Range<Int>)

  // MARK: Normalization

  /// Softmax or log-softmax. The range counts rows.
  static func softmax(_ arguments: SoftmaxArguments, rows: Range<Int>)

  /// Layer normalization or RMS normalization. The range counts rows.
  static func layerNormalization(_ arguments: LayerNormalizationArguments, rows: Range<Int>)

  /// Instance normalization in row-major order. The range counts rows.
  static func instanceNormalization(_ arguments: InstanceNormalizationArguments, rows: Range<Int>)

  /// The partial sums of group and instance normalization in channels-last order. The range counts
  /// `arguments.partCount` parts.
  static func partMoments(_ arguments: GroupNormalizationArguments, parts: Range<Int>)

  /// The moments of groups from the sums of all parts. The range counts `arguments.groupCount`
  /// groups.
  static func groupMoments(_ arguments: GroupNormalizationArguments, groups: Range<Int>)

  /// Group and instance normalization in channels-last order, given the moments of all groups. The
  /// range counts `arguments.partCount` parts.
  static func groupNormalization(_ arguments: GroupNormalizationArguments, parts: Range<Int>)

  /// Local response normalization. The range counts pixels, over all images. All inputs have
  /// channel stride 1.
  static func localResponseNormalization(_ arguments: LocalResponseNormalizationArguments, pixels: Range<Int>)

  // MARK: Transforms

  /// Discrete Fourier transforms, in double precision. The range counts signals.
  static func fourierTransforms(_ arguments: FourierArguments, signals: Range<Int>)

  // MARK: Rearrangement

  /// Transposes matrices, as for NCHW to NHWC and back. The range counts `arguments.unitCount`
  /// units.
  static func transpose(_ arguments: TransposeArguments, units: Range<Int>)

  /// Channel shuffle. The range counts pixels, over all images.
  static func shuffleChannels(_ arguments: ChannelShuffleArguments, pixels: Range<Int>)

  /// Copies pixels by index, as for nearest-neighbor Resize, Pad and Slice. The range counts rows
  /// of the output, over all images.
  static func gatherPixels(_ arguments: GatherPixelsArguments, rows: Range<Int>)

  /// Bilinear interpolation. The range counts rows of the output, over all images.
  static func resizeLinear(_ arguments: ResizeLinearArguments, rows: Range<Int>)

  /// Weighted sums of neighbors along one axis. The range counts the elements of that axis in the
  /// result, over all outer positions.
  static func resampleAxis(_ arguments: AxisResamplingArguments, units: Range<Int>)

  /// Weighted sums of pixels, or their largest products. The range counts results.
  static func weighPixels(_ arguments: WeightedPixelsArguments, results: Range<Int>)

  /// Samples the displaced window elements of a deformable convolution. The range counts positions
  /// of the result, over all images.
  static func sampleWindows(_ arguments: WindowSamplingArguments, positions: Range<Int>)
}
