import InfoldKernelInterface
import InfoldSystem

/// Packed weights by which rows are multiplied.
enum RecurrentMatrix: Sendable {
  case floats(Location)
  /// 8-bit weights. The rows are quantized to 8 bits as well.
  case bytes(ByteMatrix)

  /// The locations of the weights.
  var places: [Location] {
    switch self {
    case .floats(let place): [place]
    case .bytes(let matrix): [matrix.weights, matrix.columns]
    }
  }
}

/// Packed 8-bit weights with a scale and a zero point for each column.
struct ByteMatrix: Sendable {
  let weights: Location
  /// For each column up to the end of the last panel: the scales, then the sums of the weights,
  /// then the zero points.
  let columns: Location
  /// The number of elements in each of these lists.
  let columnCount: Int
  /// Whether any zero point differs from 0.
  let hasZeroPoints: Bool

  /// Multiplies quantized rows by the matrix.
  ///
  /// - Parameters:
  ///   - rows: The quantization parameters of the rows.
  ///   - range: The columns to compute, beginning at a panel.
  ///   - bias: The bias of each column.
  ///   - adds: Whether to add the product to the existing result.
  func multiply(
    _ left: UnsafePointer<UInt8>, stride: Int, inner: Int, rows: UnsafePointer<ByteRow>, count: Int,
    to result: RowPlace, columns range: Range<Int>, bias: UnsafePointer<Float>? = nil, adds: Bool,
    by kernels: any ByteKernels.Type, in runState: RunState
  ) {
    let first = range.lowerBound
    let lists = runState.address(columns)
    let integers = lists.assumingMemoryBound(to: Int32.self) + first
    let before = kernels.packedByteCount(taps: 1, channels: inner, columns: first)
    kernels.multiply(
      ByteProductArguments(
        input: left, inputStride: stride, inner: inner, rows: rows, rowCount: count,
        weights: runState.address(weights).assumingMemoryBound(to: Int8.self) + before,
        columns: ByteColumns(
          scales: lists.assumingMemoryBound(to: Float.self) + first, sums: integers + columnCount,
          zeroPoints: hasZeroPoints ? integers + 2 * columnCount : nil),
        columnCount: range.count, bias: bias.map { $0 + first }, output: result.base + first,
        outputStride: result.stride, adds: adds))
  }

  /// Returns the quantization parameters of a row, with the sum that zero points require.
  func row(_ numbers: UnsafePointer<UInt8>, count: Int, scale: Float, zeroPoint: UInt8) -> ByteRow {
    var sum: Int32 = 0
    if hasZeroPoints {
      for index in 0..<count { sum &+= Int32(numbers[index]) &- Int32(zeroPoint) }
    }
    return ByteRow(scale: scale, zeroPoint: Int32(zeroPoint), sum: sum)
  }
}

/// The input X in quantized form, with one scale and one zero point.
struct QuantizedSequences: Sendable {
  let numbers: Location
  let scale: Location
  let zeroPoint: Location
  /// Memory for a `ByteRow` for each row and direction.
  let rows: Location

  var places: [Location] { [numbers, scale, zeroPoint] }
}
