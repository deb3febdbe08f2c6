import InfoldKernelInterface

/// The products of rows with packed weights.
struct RecurrentProduct {
  let kernels: any ConvolutionKernels.Type
  let byteKernels: any ByteKernels.Type
  let scratch: UnsafeMutableRawPointer
  /// Memory for quantized rows, of `byteCount`.
  let quantized: UnsafeMutableRawPointer
  let frame: Frame

  private static let fewRows = 8

  /// The bytes that so many quantized rows take.
  static func byteCount(rows: Int, inner: Int) -> Int { rows * (MemoryLayout<ByteRow>.stride + inner) + byteSlack }

  /// - Parameters:
  ///   - rows: How many there are, and the numbers of each result.
  ///   - summand: Rows that are added: for weights of 8 bits, the results' memory; for others it may be that.
  func multiply(
    _ left: RowPlace, inner: Int, by weights: RecurrentMatrix, to result: RowPlace, _ rows: KernelRows,
    plus summand: RowPlace? = nil, bias: UnsafePointer<Float>? = nil
  ) {
    switch weights {
    case .bytes(let matrix):
      let ofRows = quantized.assumingMemoryBound(to: ByteRow.self)
      let numbers = (quantized + rows.count * MemoryLayout<ByteRow>.stride).assumingMemoryBound(to: UInt8.self)
      for row in 0..<rows.count {
        let (x, y) = (left.base + row * left.stride, numbers + row * inner)
        let range = DynamicRange(byteKernels.bounds(of: x, count: inner))
        range.quantize(x, to: y, 0..<inner, by: byteKernels)
        ofRows[row] = matrix.row(y, count: inner, scale: range.scale, zeroPoint: range.zero)
      }
      matrix.multiply(
        numbers, stride: inner, inner: inner, rows: ofRows, to: result, rows, bias: bias, adds: summand != nil,
        by: byteKernels, in: frame)
    case .floats(let place):
      kernels.convolve(
        ConvolutionArguments(
          window: ImageWindow(height: 1, width: 1),
          input: InputImages(
            base: left.base, count: 1, height: 1, width: rows.count, channels: inner, pixelStride: left.stride),
          weights: frame.pointer(place),
          // What a few rows are multiplied with position by position stays in the second-level cache.
          weightsAreNear: rows.count <= Self.fewRows && inner * rows.width * MemoryLayout<Float>.stride <= 1 << 20,
          output: OutputImages(
            base: result.base, count: 1, height: 1, width: rows.count, channels: rows.width, pixelStride: result.stride
          ),
          epilogue: Epilogue(
            bias: bias, residual: summand.map { UnsafePointer($0.base) }, residualPixelStride: summand?.stride ?? 0),
          pixels: 0..<rows.count, columns: 0..<rows.width, scratch: scratch))
    }
  }
}

/// What a direction multiplies with.
struct RecurrentWeights: Sendable {
  /// Those of the input, for all gates.
  var input: RecurrentMatrix
  var inputBias: Location?
  /// Those of the state, for each of the cell's products.
  var state: [RecurrentMatrix]
  /// That of the state's only product, where biases are not joined.
  var stateBias: Location?

  var places: [Location?] { [inputBias, stateBias] + ([input] + state).flatMap(\.places) }
}
