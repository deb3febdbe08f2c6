import InfoldKernelInterface

/// The epilogue of sums that a matrix unit has stored, for the output positions from `pixel` on and
/// the columns from `column` on.
struct UnitEpilogue {
  private let output: UnsafeMutablePointer<Float>
  private let outputStride: Int
  /// The output as bfloat16 numbers, or `nil` for float32 numbers.
  private let narrowOutput: UnsafeMutablePointer<UInt16>?
  /// The distance between the parts of a number; `nil` for rounded numbers.
  private let planeStride: Int?
  private let bias: UnsafePointer<Float>?
  private let residual: UnsafePointer<Float>?
  private let residualStride: Int
  private let activation: Activation
  private let bounds: BoundedActivation
  /// Whether the residual is added to the activation's result.
  private let isAddedLast: Bool

  @inline(always)
  init(
    _ epilogue: Epilogue, _ images: OutputImages<Float>, _ narrow: NarrowImages, parts: Int, pixel: Int, column: Int
  ) {
    output = images.base + pixel * images.pixelStride + column
    narrowOutput = narrow.output.map { $0 + pixel * images.pixelStride + column }
    planeStride = parts == 2 ? narrow.outputPlaneStride : nil
    outputStride = images.pixelStride
    bias = epilogue.bias.map { $0 + column }
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride + column }
    residualStride = epilogue.residualPixelStride
    activation = epilogue.activation
    bounds = BoundedActivation(epilogue.activation)
    isAddedLast = epilogue.activatesFirst && epilogue.activation.function != .identity
  }

  /// Computes and stores the results of `rows` positions, except those whose bit is set in
  /// `skipped`. The sums may be overwritten.
  @inline(never)
  func finish(_ sums: UnsafeMutablePointer<Float>, rows: Int, columns: Int, skipped: UInt64) {
    for row in 0..<rows where skipped >> UInt64(truncatingIfNeeded: row) & 1 == 0 {
      let sums = sums + row &* UnitSums.rowCount
      let summand = residual.map { $0 + row &* residualStride }
      guard let narrowOutput else {
        finish(sums, summand, columns: columns, in: output + row &* outputStride)
        continue
      }
      finish(sums, summand, columns: columns, in: sums)
      let target = narrowOutput + row &* outputStride
      _ = convertToBFloat16(sums, count: columns, target, rests: planeStride.map { target + $0 })
    }
  }

  /// Computes the results of one position.
  @inline(always)
  private func finish(
    _ sums: UnsafePointer<Float>, _ summand: UnsafePointer<Float>?, columns: Int,
    in target: UnsafeMutablePointer<Float>
  ) {
    forEachVector(of: columns) { column, count in
      var result = Vector(at: sums + column)
      if let bias { result += Vector(at: bias + column, count: count) }
      if let summand, !isAddedLast { result += Vector(at: summand + column, count: count) }
      bounds.bounded(result).store(at: target + column, count: count)
    }
    if bounds.isClip, !isAddedLast { return }
    let results = FunctionRows(inPlace: target, columns: columns)
    if !bounds.isClip { activation.apply(results) }
    if let summand, isAddedLast { results.add(summand, stride: 0) }
  }
}
