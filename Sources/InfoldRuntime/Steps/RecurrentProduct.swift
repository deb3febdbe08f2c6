import InfoldKernelInterface

/// Products of rows and packed weights.
struct RecurrentProduct {
  let kernels: any ConvolutionKernels.Type
  let byteKernels: any ByteKernels.Type
  let scratch: UnsafeMutableRawPointer
  /// Memory for quantized rows, of `byteCount` bytes.
  let quantized: UnsafeMutableRawPointer
  let runState: RunState

  private static let fewRows = 8

  /// Returns the size of this number of quantized rows, in bytes.
  static func byteCount(rows: Int, inner: Int) -> Int { rows * (MemoryLayout<ByteRow>.stride + inner) + byteSlack }

  /// Multiplies rows by packed weights.
  ///
  /// - Parameters:
  ///   - columns: The columns to compute.
  ///   - summand: Rows to add. For 8-bit weights, they must be in the memory of the result; for
  ///     other weights, they may be.
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
      // The weights for a few rows are read at every position and stay in the second-level cache.
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

/// The columns of some hidden units in each gate of a product.
struct GateColumns {
  let gates: Int
  /// The number of hidden units per gate.
  let size: Int
  let units: Range<Int>

  /// Creates all columns.
  init(all gates: Int, size: Int) { self.init(gates, size: size, units: 0..<size) }

  init(_ gates: Int, size: Int, units: Range<Int>) {
    self.gates = gates
    self.size = size
    self.units = units
  }

  /// The number of columns of all gates.
  var width: Int { gates * size }

  /// Calls `body` with ranges of contiguous columns.
  func forEachRange(_ body: (Range<Int>) -> Void) {
    if units.count == size { return body(0..<width) }
    for gate in 0..<gates { body(gate * size + units.lowerBound..<gate * size + units.upperBound) }
  }
}

/// The weights of one direction.
struct RecurrentWeights: Sendable {
  /// The weights of the input, for all gates.
  var input: RecurrentMatrix
  var inputBias: Location?
  /// The weights of the state, for each product of the cell.
  var state: [RecurrentMatrix]
  /// The bias of the state's only product, if the biases are not added together.
  var stateBias: Location?

  var places: [Location?] { [inputBias, stateBias] + ([input] + state).flatMap(\.places) }
}
