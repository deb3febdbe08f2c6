/// The operations that a kernel applies to its results while they are in registers or in the
/// first-level cache: y = x + bias, followed by the activation and the residual in either order.
public struct Epilogue {
  /// One summand for each output channel, or `nil`.
  public var bias: UnsafePointer<Float>?
  /// A tensor of the output's shape that is added, or `nil`. For products that add the residual
  /// before the activation, it may be the output's own memory.
  public var residual: UnsafePointer<Float>?
  /// The distance between the residuals of adjacent pixels, in elements.
  public var residualPixelStride: Int
  /// The activation function.
  public var activation: Activation
  /// Whether the activation is applied before the residual is added.
  public var activatesFirst: Bool

  /// Creates an epilogue.
  public init(
    bias: UnsafePointer<Float>? = nil, residual: UnsafePointer<Float>? = nil, residualPixelStride: Int = 0,
    activation: Activation = .identity, activatesFirst: Bool = false
  ) {
    self.bias = bias
    self.residual = residual
    self.residualPixelStride = residualPixelStride
    self.activation = activation
    self.activatesFirst = activatesFirst
  }
}

extension Epilogue: @unchecked Sendable {}
