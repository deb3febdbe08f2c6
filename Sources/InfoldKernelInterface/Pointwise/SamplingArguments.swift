/// What the elements of a window read that are each moved by an offset of their own: for every position, group by group, element by
/// element, the channels of the group, interpolated between pixels; outside of a picture all is zero.
public struct WindowSamplingArguments: @unchecked Sendable {
  /// How the window would move without the offsets.
  public var window: ImageWindow
  public var input: InputImages<Float>
  public var outputHeight: Int
  public var outputWidth: Int
  /// The groups that the channels are split into.
  public var groups: Int
  /// The groups of channels that share their offsets.
  public var offsetGroups: Int
  /// Of every picture and group of offsets, for each element of the window, the vertical ones of all positions, and then the horizontal
  /// ones.
  public var offsets: UnsafePointer<Float>
  /// What is read counts so much, in the order of the offsets; `nil` for 1.
  public var mask: UnsafePointer<Float>?
  /// Where what position 0 reads is written, or would be.
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

/// Sums of pixels with weights, of all channels at once.
///
/// Result `index` is made of the pixels `places[tap]` with the weights `weights[tap]`, for `taps` taps from `index * taps` on: their sum
/// by `divisor`, or the greatest of their products. What has no weight is not read, and counts as zero.
public struct WeightedPixelsArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// The distance between pixels of the input.
  public var pixelStride: Int
  public var channels: Int
  /// The pixels of each result; may be 0, which makes zeros.
  public var taps: Int
  public var places: UnsafePointer<Int>
  public var weights: UnsafePointer<Float>
  public var divisor: Float
  public var takesMaximum: Bool
  /// Must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// The distance between results.
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

/// Where the elements of an axis that is resized come from, for any number of neighbours.
///
/// Result `index` is the sum of the elements from `first[index]` on, as many as there are weights from `starts[index]` to
/// `starts[index + 1]`, each with its weight; `fill` where `first` is negative. What has no weight is not read.
public struct AxisResamplingArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// The elements of the axis in the input.
  public var inputCount: Int
  /// The elements of the axis in the result.
  public var outputCount: Int
  /// The numbers that lie behind one another at each element of the axis.
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
