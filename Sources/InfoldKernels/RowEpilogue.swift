import InfoldKernelInterface

/// An epilogue for one row of pixels: bounds while a result is in registers, everything else behind, over the results of some pixels.
struct RowEpilogue {
  private let bias: UnsafePointer<Float>?
  private let activation: Activation
  /// The bounds, if they are all there is to do.
  private let bounds: BoundedActivation
  /// Of the row's first pixel.
  private let residual: UnsafePointer<Float>?
  private let residualPixelStride: Int
  private let activatesFirst: Bool
  /// Whether `bounded` leaves something to `finish`.
  let isDeferred: Bool

  @inline(always)
  init(_ epilogue: Epilogue, pixel: Int) {
    bias = epilogue.bias
    activation = epilogue.activation
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride }
    residualPixelStride = epilogue.residualPixelStride
    activatesFirst = epilogue.activatesFirst
    isDeferred = residual != nil || !BoundedActivation(activation).isClip
    bounds = BoundedActivation(isDeferred ? .identity : activation)
  }

  /// What the sum of the products begins with: the bias of `count` channels.
  @inline(always)
  func start(_ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let bias else { return Vector(repeating: 0) }
    return Vector(at: bias + channel, count: count)
  }

  /// What is written of a sum.
  @inline(always)
  func bounded(_ sum: Vector) -> Vector { bounds.bounded(sum) }

  /// Does the rest for `count` pixels from pixel `x` on, which were written to `output`.
  @inline(never)
  func finish(_ output: UnsafeMutablePointer<Float>, stride: Int, pixel x: Int, count: Int, channels: Int) {
    let rows = FunctionRows(inPlace: output, stride: stride, rows: count, columns: channels)
    let summand = residual.map { $0 + x * residualPixelStride }
    if let summand, !activatesFirst { rows.add(summand, stride: residualPixelStride) }
    activation.apply(rows)
    if let summand, activatesFirst { rows.add(summand, stride: residualPixelStride) }
  }
}
