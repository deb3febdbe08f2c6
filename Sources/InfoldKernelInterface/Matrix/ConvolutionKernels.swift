/// The multiplying kernels of one instruction set: matrix products, all kinds of convolutions, and
/// Winograd convolutions.
///
/// The sets with the widest vectors implement only these and `LanewiseKernels`.
///
/// A kernel receives pointers, sizes and a range of the work. The result of an element does not
/// depend on the range. Kernels allocate no memory and check no arguments.
public protocol ConvolutionKernels: MatrixKernels {
  /// The name of the instruction set, such as `avx2`.
  static var name: String { get }

  /// The number of lanes in a vector.
  static var vectorWidth: Int { get }

  /// Returns the number of floats that `packDepthwiseWeights` writes.
  static func depthwiseWeightCount(kernelHeight: Int, kernelWidth: Int, channels: Int) -> Int

  /// Packs the weights of a depthwise convolution, in ONNX's order [channels, 1, kernelHeight,
  /// kernelWidth], into the order that `depthwise` reads.
  static func packDepthwiseWeights(
    _ weights: UnsafePointer<Float>, kernelHeight: Int, kernelWidth: Int, channels: Int,
    into packed: UnsafeMutablePointer<Float>)

  /// Depthwise convolution. The range counts rows of the output, over all images.
  static func depthwise(_ arguments: DepthwiseArguments, rows: Range<Int>)

  /// Returns the number of floats that `packGroupedWeights` writes for a window of `taps`
  /// positions.
  static func groupedWeightCount(_ groups: ChannelGroups, taps: Int) -> Int

  /// Packs the weights of a grouped convolution, in ONNX's order [outputs, inputs of a group, rows,
  /// columns], into the order that `convolveGroups` reads.
  /// - Parameter rows: The number of rows of the window in all of its planes together.
  static func packGroupedWeights(
    _ weights: UnsafePointer<Float>, _ groups: ChannelGroups, rows: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>)

  /// Returns the scratch memory in bytes that one call of `convolveGroups` needs, or `nil` if the
  /// window and its strides would need too much.
  static func groupedConvolutionScratch(
    _ groups: ChannelGroups, _ window: ImageWindow, _ depth: DepthWindow, outputWidth: Int
  ) -> Int?

  /// Convolves groups with so few channels that a vector holds at least one whole group. `rows`
  /// counts rows of the output, over all planes and images. `blocks` counts blocks of its channels,
  /// as `ChannelGroups.blocks` does.
  static func convolveGroups(_ arguments: GroupedConvolutionArguments, rows: Range<Int>, blocks: Range<Int>)

  /// The number of floats that `multiplyAddChains` processes.
  static var multiplyAddChainCount: Int { get }

  /// Replaces each of `multiplyAddChainCount` numbers x by x · `factor` + `addend`, `rounds` times.
  /// Everything stays in registers, so this measures the peak arithmetic rate that profiles compare
  /// with.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Float>, by factor: Float, plus addend: Float, rounds: Int)
}
