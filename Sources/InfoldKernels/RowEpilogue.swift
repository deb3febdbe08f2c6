import InfoldKernelInterface

/// An epilogue for one row of pixels.
struct RowEpilogue {
  private let bias: UnsafePointer<Float>?
  private let activation: Activation
  private let low: Float
  private let high: Float
  /// Of the row's first pixel.
  private let residual: UnsafePointer<Float>?
  private let residualPixelStride: Int
  private let activatesFirst: Bool
  /// Whether `clamped` is all there is to do.
  let isClamp: Bool

  @inline(always)
  init(_ epilogue: Epilogue, pixel: Int) {
    let isClip = epilogue.activation.function == .clip
    bias = epilogue.bias
    activation = epilogue.activation
    low = isClip ? activation.a : -.infinity
    high = isClip ? activation.b : .infinity
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride }
    residualPixelStride = epilogue.residualPixelStride
    activatesFirst = epilogue.activatesFirst
    isClamp = residual == nil && (isClip || activation.function == .identity)
  }

  /// What the sum of the products begins with: the bias of `count` channels.
  @inline(always)
  func start(_ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let bias else { return Vector(repeating: 0) }
    return Vector(at: bias + channel, count: count)
  }

  @inline(always)
  func clamped(_ sum: Vector) -> Vector { clip(sum, low, high) }

  /// Applies the epilogue to `count` channels of pixel `x`.
  @inline(never)
  func finish(_ sum: Vector, _ x: Int, _ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let residual else { return sum.applying(activation) }
    let addend = Vector(at: residual + x * residualPixelStride + channel, count: count)
    return activatesFirst ? sum.applying(activation) + addend : (sum + addend).applying(activation)
  }
}
