import InfoldKernelInterface

/// An epilogue for one row of pixels. Bounds are applied while results are in registers. Everything
/// else is applied afterwards to the results of several pixels.
struct RowEpilogue {
  private let bias: UnsafePointer<Float>?
  private let activation: Activation
  /// The bounds, if the epilogue consists of nothing else.
  private let bounds: BoundedActivation
  /// The residual of the row's first pixel.
  private let residual: UnsafePointer<Float>?
  private let residualPixelStride: Int
  private let activatesFirst: Bool
  /// Whether `bounded` leaves something for `finish` to do.
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

  /// Returns the initial value of sums: the bias of `count` channels.
  @inline(always)
  func start(_ channel: Int, _ count: Int = Vector.scalarCount) -> Vector {
    guard let bias else { return Vector(repeating: 0) }
    return Vector(at: bias + channel, count: count)
  }

  /// Returns the value to store for a sum.
  @inline(always)
  func bounded(_ sum: Vector) -> Vector { bounds.bounded(sum) }

  /// Applies the rest of the epilogue to `count` pixels from pixel `x` on that were stored to
  /// `output`.
  @inline(never)
  func finish(_ output: UnsafeMutablePointer<Float>, stride: Int, pixel x: Int, count: Int, channels: Int) {
    let rows = FunctionRows(inPlace: output, stride: stride, rows: count, columns: channels)
    let summand = residual.map { $0 + x * residualPixelStride }
    if let summand, !activatesFirst { rows.add(summand, stride: residualPixelStride) }
    activation.apply(rows)
    if let summand, activatesFirst { rows.add(summand, stride: residualPixelStride) }
  }
}
