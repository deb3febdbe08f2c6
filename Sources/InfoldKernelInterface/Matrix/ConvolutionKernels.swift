/// The kernels of one instruction set for what multiplies: products, convolutions of all kinds, and Winograd's algorithm.
///
/// Sets with the widest vectors have these and `LanewiseKernels`.
///
/// A kernel gets pointers and sizes, and a range of the work: what it computes of each element does not depend on the range.
/// It allocates nothing, and checks nothing.
public protocol ConvolutionKernels: MatrixKernels {
  /// The name of the instruction set, like `avx2`.
  static var name: String { get }

  /// The numbers in a vector.
  static var vectorWidth: Int { get }

  /// Floats that `packDepthwiseWeights` writes.
  static func depthwiseWeightCount(kernelHeight: Int, kernelWidth: Int, channels: Int) -> Int

  /// Writes the weights of a depthwise convolution, ONNX's [channels, 1, kernelHeight, kernelWidth], in the order that
  /// `depthwise` reads.
  static func packDepthwiseWeights(
    _ weights: UnsafePointer<Float>, kernelHeight: Int, kernelWidth: Int, channels: Int,
    into packed: UnsafeMutablePointer<Float>)

  /// Depthwise convolution. The range counts rows of the output, over all pictures.
  static func depthwise(_ arguments: DepthwiseArguments, rows: Range<Int>)

  /// Floats that `packGroupedWeights` writes for a window of so many positions.
  static func groupedWeightCount(_ groups: ChannelGroups, taps: Int) -> Int

  /// Writes the weights of a grouped convolution, ONNX's [outputs, inputs of a group, rows, columns], in the order that
  /// `convolveGroups` reads.
  /// - Parameter rows: The rows of the window in all its planes.
  static func packGroupedWeights(
    _ weights: UnsafePointer<Float>, _ groups: ChannelGroups, rows: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>)

  /// The scratch memory that `convolveGroups` needs for one call, in bytes; `nil` where a window and its steps would need too much.
  static func groupedConvolutionScratch(
    _ groups: ChannelGroups, _ window: ImageWindow, _ depth: DepthWindow, outputWidth: Int
  ) -> Int?

  /// Convolves groups of so few channels that a vector holds one or more of them. The rows count those of the output, over all planes and
  /// pictures; the blocks its channels, as `ChannelGroups.blocks` does.
  static func convolveGroups(_ arguments: GroupedConvolutionArguments, rows: Range<Int>, blocks: Range<Int>)

  /// The numbers that `multiplyAddChains` works on.
  static var multiplyAddChainCount: Int { get }

  /// Replaces each of `multiplyAddChainCount` numbers x by x · `factor` + `addend`, `rounds` times, all in registers: nothing that
  /// computes with these instructions is faster, and so its speed is the peak that profiles compare with.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Float>, by factor: Float, plus addend: Float, rounds: Int)
}
