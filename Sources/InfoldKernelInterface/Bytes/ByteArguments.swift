/// Weights to pack, and the destination.
///
/// The weight of column n at tap t and channel c is
/// `source[n * columnStride + c * channelStride + t * tapStride]`.
public struct BytePackArguments: @unchecked Sendable {
  public var source: UnsafePointer<Int8>
  public var taps: Int
  public var channels: Int
  public var tapStride: Int
  public var channelStride: Int
  public var columnStride: Int
  public var columns: Int
  public var packed: UnsafeMutablePointer<Int8>

  public init(
    source: UnsafePointer<Int8>, taps: Int, channels: Int, tapStride: Int, channelStride: Int, columnStride: Int,
    columns: Int, packed: UnsafeMutablePointer<Int8>
  ) {
    self.source = source
    self.taps = taps
    self.channels = channels
    self.tapStride = tapStride
    self.channelStride = channelStride
    self.columnStride = columnStride
    self.columns = columns
    self.packed = packed
  }
}

/// The parameters that turn sums of products into quantized numbers: y = clamp(round((sum + bias) ·
/// multiplier), lower, upper) + zero point. Ties round to even.
public struct Requantization: @unchecked Sendable {
  /// One bias for each column, padded to the end of the last panel.
  public var bias: UnsafePointer<Int32>
  /// One multiplier for each column, padded to the end of the last panel.
  public var multipliers: UnsafePointer<Float>
  /// The smallest result minus the zero point.
  public var lower: Float
  /// The largest result minus the zero point.
  public var upper: Float
  public var zeroPoint: Int32

  public init(
    bias: UnsafePointer<Int32>, multipliers: UnsafePointer<Float>, lower: Float, upper: Float, zeroPoint: Int32
  ) {
    self.bias = bias
    self.multipliers = multipliers
    self.lower = lower
    self.upper = upper
    self.zeroPoint = zeroPoint
  }
}

/// A convolution of quantized numbers, or a part of one. Each group of a grouped convolution is a
/// separate call with pointers to its channels.
public struct ByteConvolutionArguments: @unchecked Sendable {
  public var window: ImageWindow
  public var input: InputImages<UInt8>
  /// The value of positions outside of the image: the input's zero point.
  public var padding: UInt8
  /// The packed weights.
  public var weights: UnsafePointer<Int8>
  public var output: OutputImages<UInt8>
  public var requantization: Requantization
  /// The output positions to compute, counted over images, rows and columns.
  public var pixels: Range<Int>
  /// The output channels to compute. The range begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  /// Scratch memory of the size that the kernel requires, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer
  /// The destination of the raw 32-bit sums, with the strides of the output, or `nil` to write
  /// quantized numbers. Only `convolve` supports it. The output is then not written. Whole vectors
  /// are stored, so each position needs room for a multiple of 16 sums.
  public var sums: UnsafeMutablePointer<Int32>?

  public init(
    window: ImageWindow, input: InputImages<UInt8>, padding: UInt8, weights: UnsafePointer<Int8>,
    output: OutputImages<UInt8>, requantization: Requantization, pixels: Range<Int>, columns: Range<Int>,
    scratch: UnsafeMutableRawPointer, sums: UnsafeMutablePointer<Int32>? = nil
  ) {
    self.window = window
    self.input = input
    self.padding = padding
    self.weights = weights
    self.output = output
    self.requantization = requantization
    self.pixels = pixels
    self.columns = columns
    self.scratch = scratch
    self.sums = sums
  }
}

/// The parameters that turn floats into quantized numbers: y = clamp(round(x ÷ scale), lower,
/// upper) + zero point. Ties round to even.
public struct ByteQuantization: Sendable {
  public var scale: Float
  /// The smallest result minus the zero point.
  public var lower: Float
  /// The largest result minus the zero point.
  public var upper: Float
  public var zeroPoint: Int32
  /// The result for NaN minus the zero point.
  public var notANumber: Float

  public init(scale: Float, lower: Float, upper: Float, zeroPoint: Int32, notANumber: Float = 0) {
    self.scale = scale
    self.lower = lower
    self.upper = upper
    self.zeroPoint = zeroPoint
    self.notANumber = notANumber
  }
}

/// The parameters of quantized numbers with one scale and zero point for each channel, which use
/// the full range of their type.
public struct ChannelQuantization: @unchecked Sendable {
  public var scales: UnsafePointer<Float>
  /// The negated zero points of the unsigned numbers.
  public var lowers: UnsafePointer<Float>
  /// The unsigned number that represents 0 of the quantized type. NaN becomes this number.
  public var offset: Float

  public init(scales: UnsafePointer<Float>, lowers: UnsafePointer<Float>, offset: Float) {
    self.scales = scales
    self.lowers = lowers
    self.offset = offset
  }
}

/// An addition of quantized tensors: y = quantized(scaleₐ · (a − zeroPointₐ) + scaleᵦ · (b −
/// zeroPointᵦ)), with each operation rounded to float32.
public struct ByteAdditionArguments: @unchecked Sendable {
  public var a: Pixels<UInt8>
  public var scaleA: Float
  public var zeroPointA: Int32
  public var b: Pixels<UInt8>
  public var scaleB: Float
  public var zeroPointB: Int32
  public var output: Pixels<UInt8>
  public var quantization: ByteQuantization

  public init(
    a: Pixels<UInt8>, scaleA: Float, zeroPointA: Int32, b: Pixels<UInt8>, scaleB: Float, zeroPointB: Int32,
    output: Pixels<UInt8>, quantization: ByteQuantization
  ) {
    self.a = a
    self.scaleA = scaleA
    self.zeroPointA = zeroPointA
    self.b = b
    self.scaleB = scaleB
    self.zeroPointB = zeroPointB
    self.output = output
    self.quantization = quantization
  }
}
