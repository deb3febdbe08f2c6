/// All kernels of unsigned 8-bit quantized numbers: products, pools and element-wise functions.
public protocol ByteKernels: ByteProductKernels {
  /// The number of sums that `multiplyAddChains` processes.
  static var multiplyAddChainCount: Int { get }

  /// Multiplies the four bytes of each of `multiplyAddChainCount` sums, as unsigned numbers, by
  /// four weights, and adds the products to the sum. Repeats this `rounds` times. Everything stays
  /// in registers, so this measures the peak rate of byte multiply-adds.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Int32>, by weights: UnsafePointer<Int8>, rounds: Int)

  // MARK: Windows

  /// The number of channels that `depthwise` computes at a time. Its weights and requantization
  /// parameters are padded to whole blocks.
  static var depthwiseBlock: Int { get }

  /// Returns the size of the packed weights of a depthwise convolution in bytes.
  static func depthwisePackedByteCount(taps: Int, channels: Int) -> Int

  /// Packs the weights of a depthwise convolution, [channels, taps], into the order that
  /// `depthwise` reads.
  static func packDepthwise(
    _ weights: UnsafePointer<Int8>, taps: Int, channels: Int, into packed: UnsafeMutablePointer<Int8>)

  /// Returns the index of a channel in the bias and the multipliers of `depthwise`.
  static func depthwisePlace(ofChannel channel: Int) -> Int

  /// Returns the scratch memory in bytes that one call of `depthwise` or `maximumPool` needs.
  static func windowScratch(taps: Int, channels: Int) -> Int

  /// Depthwise convolution. `arguments.pixels` counts output positions. `arguments.columns` covers
  /// all channels.
  static func depthwise(_ arguments: ByteConvolutionArguments)

  /// Max pooling. `pixels` counts output positions.
  static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>, pixels: Range<Int>,
    scratch: UnsafeMutableRawPointer)

  // MARK: Products

  /// Multiplies quantized rows by packed weights and dequantizes the sums.
  static func multiply(_ arguments: ByteProductArguments)

  /// Returns the smallest and the largest of the numbers and 0. NaN is ignored.
  static func bounds(of numbers: UnsafePointer<Float>, count: Int) -> (least: Float, greatest: Float)

  // MARK: Element by element

  /// Quantizes floats. The range counts pixels.
  static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ByteQuantization, pixels: Range<Int>)

  /// Dequantizes to floats. The range counts pixels.
  static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, scale: Float, zeroPoint: Int32, pixels: Range<Int>)

  /// Quantizes with a scale and a zero point for each channel. The range counts pixels.
  static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ChannelQuantization, pixels: Range<Int>)

  static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, _ quantization: ChannelQuantization, pixels: Range<Int>)

  /// Adds quantized tensors. The range counts pixels.
  static func add(_ arguments: ByteAdditionArguments, pixels: Range<Int>)

  /// Replaces each byte by its entry in `table`, which has 256 entries. The range counts pixels.
  static func lookUp(
    _ input: Pixels<UInt8>, _ output: Pixels<UInt8>, table: UnsafePointer<UInt8>, pixels: Range<Int>)
}

/// The number of bytes after an input that kernels may read.
public let byteSlack = 64
