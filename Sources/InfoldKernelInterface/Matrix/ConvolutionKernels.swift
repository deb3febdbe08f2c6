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

  /// The numbers that `multiplyAddChains` works on.
  static var multiplyAddChainCount: Int { get }

  /// Replaces each of `multiplyAddChainCount` numbers x by x · `factor` + `addend`, `rounds` times, all in registers: nothing that
  /// computes with these instructions is faster, and so its speed is the peak that profiles compare with.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Float>, by factor: Float, plus addend: Float, rounds: Int)
}
