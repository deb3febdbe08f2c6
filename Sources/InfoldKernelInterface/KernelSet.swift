/// The kernels, compiled for one instruction set.
///
/// A kernel gets pointers and sizes, and a range of the work: what it computes of each element does not depend on the range.
/// It allocates nothing, and checks nothing.
public protocol KernelSet: MatrixKernels, PointwiseKernels {
  /// The name of the instruction set, like `avx2`.
  static var name: String { get }

  /// The numbers in a vector.
  static var vectorWidth: Int { get }

  /// The numbers that `multiplyAddChains` works on.
  static var multiplyAddChainCount: Int { get }

  /// Replaces each of `multiplyAddChainCount` numbers x by x · `factor` + `addend`, `rounds` times, all in registers: nothing that
  /// computes with these instructions is faster, and so its speed is the peak that profiles compare with.
  static func multiplyAddChains(
    _ sums: UnsafeMutablePointer<Float>, by factor: Float, plus addend: Float, rounds: Int)
}
