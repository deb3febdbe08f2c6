/// Everything that is no matrix product.
public protocol PointwiseKernels: Sendable {
}
