import InfoldKernelInterface

/// The products of rows with packed weights.
struct RecurrentProduct {
  let kernels: any ConvolutionKernels.Type
  let byteKernels: any ByteKernels.Type
  let scratch: UnsafeMutableRawPointer
  /// Memory for quantized rows, of `byteCount`.
  let quantized: UnsafeMutableRawPointer
  let runState: RunState

  private static let fewRows = 8

  /// The bytes that so many quantized rows take.
  static func byteCount(rows: Int, inner: Int) -> Int { rows * (MemoryLayout<ByteRow>.stride + inner) + byteSlack }

  /// - Parameters:
  ///   - columns: What is computed of the results.
  ///   - summand: Rows that are added: for weights of 8 bits, the results' memory; for others it may be that.
  func multiply(
    _ left: RowPlace, inner: Int, by weights: RecurrentMatrix, to result: RowPlace, rows count: Int,
    _ columns: GateColumns, plus summand: RowPlace? = nil, bias: UnsafePointer<Float>? = nil
  ) {
    switch weights {
    case .bytes(let matrix):
      let ofRows = quantized.assumingMemoryBound(to: ByteRow.self)
      let numbers = (quantized + count * MemoryLayout<ByteRow>.stride).assumingMemoryBound(to: UInt8.self)
      for row in 0..<count {
        let (x, y) = (left.base + row * left.stride, numbers + row * inner)
        let range = DynamicRange(byteKernels.bounds(of: x, count: inner))
        range.quantize(x, to: y, 0..<inner, by: byteKernels)
        ofRows[row] = matrix.row(y, count: inner, scale: range.scale, zeroPoint: range.zero)
      }
      columns.forEachRange {
        matrix.multiply(
          numbers, stride: inner, inner: inner, rows: ofRows, count: count, to: result, columns: $0, bias: bias,
          adds: summand != nil, by: byteKernels, in: runState)
      }
    case .floats(let place):
      let input = InputImages(
        base: left.base, count: 1, height: 1, width: count, channels: inner, pixelStride: left.stride)
      let output = OutputImages(
        base: result.base, count: 1, height: 1, width: count, channels: columns.width, pixelStride: result.stride)
      let epilogue = Epilogue(
        bias: bias, residual: summand.map { UnsafePointer($0.base) }, residualPixelStride: summand?.stride ?? 0)
      // What a few rows are multiplied with position by position stays in the second-level cache.
      let isNear = count <= Self.fewRows && inner * columns.width * MemoryLayout<Float>.stride <= 1 << 20
      columns.forEachRange {
        kernels.convolve(
          ConvolutionArguments(
            window: ImageWindow(height: 1, width: 1), input: input, weights: runState.pointer(place),
            weightsAreNear: isNear, output: output, epilogue: epilogue, pixels: 0..<count, columns: $0,
            scratch: scratch))
      }
    }
  }
}

/// Columns of a product of gates: those of some hidden units in each gate.
struct GateColumns {
  let gates: Int
  /// The hidden units of a gate.
  let size: Int
  let units: Range<Int>

  /// All columns.
  init(all gates: Int, size: Int) { self.init(gates, size: size, units: 0..<size) }

  init(_ gates: Int, size: Int, units: Range<Int>) {
    self.gates = gates
    self.size = size
    self.units = units
  }

  /// The columns of all gates.
  var width: Int { gates * size }

  /// Columns beside one another.
  func forEachRange(_ body: (Range<Int>) -> Void) {
    if units.count == size { return body(0..<width) }
    for gate in 0..<gates { body(gate * size + units.lowerBound..<gate * size + units.upperBound) }
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
