/// What a kernel does to its results while they are in registers or in the nearest cache: y = x + bias, then the activation and the
/// residual, one after the other.
public struct Epilogue {
  /// One summand per output channel; `nil` for none.
  public var bias: UnsafePointer<Float>?
  /// Values of the output's geometry that are added; `nil` for none. Of a product that does not activate first, it may be the output's
  /// own memory.
  public var residual: UnsafePointer<Float>?
  /// The distance between the residuals of neighbouring pixels, in elements.
  public var residualPixelStride: Int
  /// The activation.
  public var activation: Activation
  /// Whether the activation comes before the residual is added.
  public var activatesFirst: Bool

  /// An epilogue.
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
