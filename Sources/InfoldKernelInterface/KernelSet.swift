/// The kernels, compiled for one instruction set.
///
/// A kernel gets pointers and sizes, and a range of the work: what it computes of each element does not depend on the range.
/// It allocates nothing, and checks nothing.
public protocol KernelSet: MatrixKernels, PointwiseKernels {
  /// The name of the instruction set, like `avx2`.
  static var name: String { get }
}
