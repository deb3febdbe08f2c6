import InfoldKernelInterface

/// An epilogue for one row of pixels.
struct RowEpilogue {
  private let bias: UnsafePointer<Float>?
  private let activation: BoundedActivation
  /// Of the row's first pixel.
  private let residual: UnsafePointer<Float>?
  private let residualPixelStride: Int
  private let activatesFirst: Bool
  /// Whether `clamped` is all there is to do.
  let isClamp: Bool

  @inline(always)
  init(_ epilogue: Epilogue, pixel: Int) {
    bias = epilogue.bias
    activation = BoundedActivation(epilogue.activation)
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride }
    residualPixelStride = epilogue.residualPixelStride
    activatesFirst = epilogue.activatesFirst
    isClamp = residual == nil && activation.isClip
  }

  /// What the sum of the products begins with: the bias of `count` channels.
  @inline(always)
  func start(_ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let bias else { return Vector(repeating: 0) }
    return Vector(at: bias + channel, count: count)
  }

  @inline(always)
  func clamped(_ sum: Vector) -> Vector { activation.clipped(sum) }

  /// Applies the epilogue to `count` channels of pixel `x`.
  @inline(never)
  func finish(_ sum: Vector, _ x: Int, _ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let residual else { return activation.apply(sum) }
    let addend = Vector(at: residual + x * residualPixelStride + channel, count: count)
    return activatesFirst ? activation.apply(sum) + addend : activation.apply(sum + addend)
  }
}
