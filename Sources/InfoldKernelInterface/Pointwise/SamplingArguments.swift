/// The samples of a deformable convolution, in which each element of the window is displaced by its
/// own offset. A sample interpolates between pixels for all channels of a group. There is one for
/// each position, each group and each window element. Pixels outside of the image are zero.
public struct WindowSamplingArguments: @unchecked Sendable {
  /// The window without displacements.
  public var window: ImageWindow
  public var input: InputImages<Float>
  public var outputHeight: Int
  public var outputWidth: Int
  /// The groups that the channels are divided into.
  public var groups: Int
  /// The groups of channels that share offsets.
  public var offsetGroups: Int
  /// The offsets. For each image, each offset group and each window element, the vertical offsets
  /// of all positions precede the horizontal ones.
  public var offsets: UnsafePointer<Float>
  /// Factors of the samples, in the order of the offsets. `nil` means 1.
  public var mask: UnsafePointer<Float>?
  /// The destination of the samples of position 0, whether or not it is in the range.
  public var columns: UnsafeMutablePointer<Float>

  public init(
    window: ImageWindow, input: InputImages<Float>, outputHeight: Int, outputWidth: Int, groups: Int,
    offsetGroups: Int, offsets: UnsafePointer<Float>, mask: UnsafePointer<Float>?,
    columns: UnsafeMutablePointer<Float>
  ) {
    self.window = window
    self.input = input
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.groups = groups
    self.offsetGroups = offsetGroups
    self.offsets = offsets
    self.mask = mask
    self.columns = columns
  }
}

/// Weighted sums of pixels, over all channels at once.
///
/// Result `index` combines the pixels `places[tap]` with the weights `weights[tap]`, for the `taps`
/// taps starting at `index * taps`. It is their weighted sum divided by `divisor`, or the largest
/// product. A pixel with weight 0 is not read and counts as zero.
public struct WeightedPixelsArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between pixels of the input in elements.
  public var pixelStride: Int
  public var channels: Int
  /// The number of pixels for each result. If it is 0, results are zero.
  public var taps: Int
  public var places: UnsafePointer<Int>
  public var weights: UnsafePointer<Float>
  public var divisor: Float
  public var takesMaximum: Bool
  /// The output. It must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// The distance between results in elements.
  public var outputStride: Int

  public init(
    input: UnsafePointer<Float>, pixelStride: Int, channels: Int, taps: Int, places: UnsafePointer<Int>,
    weights: UnsafePointer<Float>, divisor: Float = 1, takesMaximum: Bool = false,
    output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    self.input = input
    self.pixelStride = pixelStride
    self.channels = channels
    self.taps = taps
    self.places = places
    self.weights = weights
    self.divisor = divisor
    self.takesMaximum = takesMaximum
    self.output = output
    self.outputStride = outputStride
  }
}

/// A resampling of one axis with any number of neighbors.
///
/// Result `index` is the weighted sum of the elements starting at `first[index]`. Its weights are
/// those from `starts[index]` up to `starts[index + 1]`. If `first` is negative, the result is
/// `fill`. Elements without a weight are not read.
public struct AxisResamplingArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The output. It must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// The size of the axis in the input.
  public var inputCount: Int
  /// The size of the axis in the result.
  public var outputCount: Int
  /// The contiguous numbers at each position of the axis.
  public var inner: Int
  public var first: UnsafePointer<Int32>
  public var starts: UnsafePointer<Int32>
  public var weights: UnsafePointer<Float>
  public var fill: Float

  public init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, inputCount: Int, outputCount: Int, inner: Int,
    first: UnsafePointer<Int32>, starts: UnsafePointer<Int32>, weights: UnsafePointer<Float>, fill: Float
  ) {
    self.input = input
    self.output = output
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.inner = inner
    self.first = first
    self.starts = starts
    self.weights = weights
    self.fill = fill
  }
}
