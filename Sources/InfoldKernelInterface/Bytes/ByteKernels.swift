/// Convolutions, pools and element-wise functions of quantized numbers, 8 bits each and unsigned.
///
/// Kernels may read up to `slack` bytes behind the last element of an input, which must be there and may hold anything. An element of
/// the result is computed by the same operations whatever the range of the work; products are added up in 32 bits, which wrap around.
/// A kernel allocates nothing, and checks nothing.
public protocol ByteKernels: Sendable {
  /// The name of the instruction set, like `avx2`.
  static var name: String { get }

  /// The sums that `multiplyAddChains` works on.
  static var multiplyAddChainCount: Int { get }

  /// Adds to each of `multiplyAddChainCount` sums the products of its own four bytes, taken as unsigned numbers, with four weights,
  /// `rounds` times, all in registers: nothing that multiplies and adds bytes can be faster.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Int32>, by weights: UnsafePointer<Int8>, rounds: Int)

  // MARK: Convolution

  /// The columns (output channels) of a panel of packed weights. The column ranges of `convolve` begin at multiples of it.
  static var panelWidth: Int { get }

  /// The bytes that packed weights take.
  static func packedByteCount(taps: Int, channels: Int, columns: Int) -> Int

  /// Packs weights in panels: of each position of the window, of each four channels, those of all columns.
  static func pack(_ arguments: BytePackArguments)

  /// The scratch memory that `convolve` needs for one call with a window of `taps` positions, in bytes.
  static func convolutionScratch(taps: Int, channels: Int) -> Int

  /// Convolves images whose channels run fastest; every tap reads its pixels where they are. Writes quantized numbers, or the sums.
  static func convolve(_ arguments: ByteConvolutionArguments)

  /// The channels that `depthwise` computes at a time: its weights and its requantization are those of whole blocks.
  static var depthwiseBlock: Int { get }

  /// The bytes that the packed weights of a depthwise convolution take.
  static func depthwisePackedByteCount(taps: Int, channels: Int) -> Int

  /// Writes the weights of a depthwise convolution, [channels, taps], in the order that `depthwise` reads.
  static func packDepthwise(
    _ weights: UnsafePointer<Int8>, taps: Int, channels: Int, into packed: UnsafeMutablePointer<Int8>)

  /// Where, in the bias and the multipliers of `depthwise`, those of a channel stand.
  static func depthwisePlace(ofChannel channel: Int) -> Int

  /// The scratch memory that `depthwise` and `maximumPool` need for one call, in bytes.
  static func windowScratch(taps: Int, channels: Int) -> Int

  /// Depthwise convolution. `arguments.pixels` counts output positions, `arguments.columns` are all channels.
  static func depthwise(_ arguments: ByteConvolutionArguments)

  /// Maximum pool. `pixels` counts output positions.
  static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>, pixels: Range<Int>,
    scratch: UnsafeMutableRawPointer)

  // MARK: Products

  /// Multiplies quantized rows with packed weights, and makes floats of the sums.
  static func multiply(_ arguments: ByteProductArguments)

  /// The least and the greatest of some numbers and 0; NaN is passed over.
  static func bounds(of numbers: UnsafePointer<Float>, count: Int) -> (least: Float, greatest: Float)

  // MARK: Element by element

  /// Floats to quantized numbers. The range counts pixels.
  static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ByteQuantization, pixels: Range<Int>)

  /// Quantized numbers to floats. The range counts pixels.
  static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, scale: Float, zeroPoint: Int32, pixels: Range<Int>)

  /// The same of floats and of quantized numbers with a scale and a zero point for each channel. The range counts pixels.
  static func quantize(
    _ input: Pixels<Float>, _ output: Pixels<UInt8>, _ quantization: ChannelQuantization, pixels: Range<Int>)

  static func dequantize(
    _ input: Pixels<UInt8>, _ output: Pixels<Float>, _ quantization: ChannelQuantization, pixels: Range<Int>)

  /// The quantized sums of quantized numbers. The range counts pixels.
  static func add(_ arguments: ByteAdditionArguments, pixels: Range<Int>)

  /// Puts for each byte the one that `table` has at its place, of 256. The range counts pixels.
  static func lookUp(
    _ input: Pixels<UInt8>, _ output: Pixels<UInt8>, table: UnsafePointer<UInt8>, pixels: Range<Int>)
}

/// The bytes behind an input that kernels may read.
public let byteSlack = 64
