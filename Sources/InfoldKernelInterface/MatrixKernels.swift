/// Convolutions and matrix products.
public protocol MatrixKernels: Sendable {
}
