import InfoldKernelInterface
import InfoldSystem

/// Packed weights that rows are multiplied with.
enum RecurrentMatrix: Sendable {
  case floats(Location)
  /// Of 8 bits, by which rows are multiplied that are of 8 bits as well.
  case bytes(ByteMatrix)

  /// Where it lies.
  var places: [Location] {
    switch self {
    case .floats(let place): [place]
    case .bytes(let matrix): [matrix.weights, matrix.columns]
    }
  }
}

/// Packed weights of 8 bits, with a scale and a zero point for each column.
struct ByteMatrix: Sendable {
  let weights: Location
  /// For each column up to the end of the last panel: the scales, then the sums of the weights, then their zero points.
  let columns: Location
  /// The numbers in each of these lists.
  let columnCount: Int
  /// Whether a zero point is not 0.
  let hasZeroPoints: Bool

  /// - Parameters:
  ///   - rows: What the quantized rows stand for.
  ///   - range: What is computed of the results, from the beginning of a panel on.
  ///   - bias: For each column.
  ///   - adds: Whether the product is added to what is there.
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

  /// What rows stand for, of which the numbers are known.
  func row(_ numbers: UnsafePointer<UInt8>, count: Int, scale: Float, zeroPoint: UInt8) -> ByteRow {
    var sum: Int32 = 0
    if hasZeroPoints {
      for index in 0..<count { sum &+= Int32(numbers[index]) &- Int32(zeroPoint) }
    }
    return ByteRow(scale: scale, zeroPoint: Int32(zeroPoint), sum: sum)
  }
}

/// X as quantized numbers, with one scale and one zero point.
struct QuantizedSequences: Sendable {
  let numbers: Location
  let scale: Location
  let zeroPoint: Location
  /// Room for a `ByteRow` for each row in each direction.
  let rows: Location

  var places: [Location] { [numbers, scale, zeroPoint] }
}
