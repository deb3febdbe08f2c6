/// What is packed, and where to.
///
/// The weight of column n at tap t and channel c is `source[n * columnStride + c * channelStride + t * tapStride]`.
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

/// How sums of products become quantized numbers: y = clamp(round((sum + bias) · multiplier), lower, upper) + zero point, halves to
/// the even number.
public struct Requantization: @unchecked Sendable {
  /// For each column, and up to the end of the last panel.
  public var bias: UnsafePointer<Int32>
  /// For each column, and up to the end of the last panel.
  public var multipliers: UnsafePointer<Float>
  /// The least result, less the zero point.
  public var lower: Float
  /// The greatest result, less the zero point.
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

/// A convolution of quantized numbers, or a part of one. A group of a grouped one is a call of its own, with pointers to its channels.
public struct ByteConvolutionArguments: @unchecked Sendable {
  public var window: ImageWindow
  public var input: InputImages<UInt8>
  /// What stands for positions outside of the picture: the input's zero point.
  public var padding: UInt8
  /// Packed.
  public var weights: UnsafePointer<Int8>
  public var output: OutputImages<UInt8>
  public var requantization: Requantization
  /// The output positions to compute, counted over images, rows and columns.
  public var pixels: Range<Int>
  /// The output channels to compute; begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  /// Memory of as many bytes as the kernel asks for, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer
  /// Where the sums themselves go, with those of `convolve` alone, at the distances of the output: then nothing is written there. Whole
  /// vectors are written, so that a position has room for a multiple of 16 of them. `nil` for quantized numbers.
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

/// How floats become quantized numbers: y = clamp(round(x ÷ scale), lower, upper) + zero point, halves to the even number.
public struct ByteQuantization: Sendable {
  public var scale: Float
  /// The least result, less the zero point.
  public var lower: Float
  /// The greatest result, less the zero point.
  public var upper: Float
  public var zeroPoint: Int32
  /// What NaN becomes, less the zero point.
  public var notANumber: Float

  public init(scale: Float, lower: Float, upper: Float, zeroPoint: Int32, notANumber: Float = 0) {
    self.scale = scale
    self.lower = lower
    self.upper = upper
    self.zeroPoint = zeroPoint
    self.notANumber = notANumber
  }
}

/// What quantized numbers mean that have a scale and a zero point for each channel, and take all of their type.
public struct ChannelQuantization: @unchecked Sendable {
  public var scales: UnsafePointer<Float>
  /// 0 less the zero points of the unsigned numbers.
  public var lowers: UnsafePointer<Float>
  /// The unsigned number that stands for the type's 0, which NaN becomes.
  public var offset: Float

  public init(scales: UnsafePointer<Float>, lowers: UnsafePointer<Float>, offset: Float) {
    self.scales = scales
    self.lowers = lowers
    self.offset = offset
  }
}

/// y = quantized(scaleₐ · (a − zeroPointₐ) + scaleᵦ · (b − zeroPointᵦ)), each operation rounded to float32.
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
