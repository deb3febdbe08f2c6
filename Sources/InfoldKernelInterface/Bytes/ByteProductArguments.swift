/// The quantization parameters of one row: a number a represents scale · (a − zeroPoint).
public struct ByteRow: Sendable {
  public var scale: Float
  public var zeroPoint: Int32
  /// The sum of the row's numbers minus their zero points. It is needed only if the weights have
  /// zero points.
  public var sum: Int32

  public init(scale: Float, zeroPoint: Int32, sum: Int32 = 0) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.sum = sum
  }
}

/// The quantization parameters of packed columns: a weight w represents scale · (w − zeroPoint).
/// Each list is padded to the end of the last panel.
public struct ByteColumns: @unchecked Sendable {
  public var scales: UnsafePointer<Float>
  /// The sums of the packed weights of each column.
  public var sums: UnsafePointer<Int32>
  /// The zero points, or `nil` if all are zero.
  public var zeroPoints: UnsafePointer<Int32>?

  public init(scales: UnsafePointer<Float>, sums: UnsafePointer<Int32>, zeroPoints: UnsafePointer<Int32>?) {
    self.scales = scales
    self.sums = sums
    self.zeroPoints = zeroPoints
  }
}

/// A product of quantized rows with packed weights, as floats: y = Σ (a − zeroPointₐ) · (w −
/// zeroPointᵥ) · (scaleₐ · scaleᵥ) + bias.
public struct ByteProductArguments: @unchecked Sendable {
  public var input: UnsafePointer<UInt8>
  /// The distance between rows in bytes.
  public var inputStride: Int
  /// The number of elements in a row.
  public var inner: Int
  /// The quantization parameters of each row.
  public var rows: UnsafePointer<ByteRow>
  public var rowCount: Int
  /// Weights packed as for a convolution with a window of one position.
  public var weights: UnsafePointer<Int8>
  public var columns: ByteColumns
  public var columnCount: Int
  /// One bias for each column, or `nil`.
  public var bias: UnsafePointer<Float>?
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  /// Whether the product is added to the output instead of replacing it.
  public var adds: Bool

  public init(
    input: UnsafePointer<UInt8>, inputStride: Int, inner: Int, rows: UnsafePointer<ByteRow>, rowCount: Int,
    weights: UnsafePointer<Int8>, columns: ByteColumns, columnCount: Int, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>, outputStride: Int, adds: Bool
  ) {
    self.input = input
    self.inputStride = inputStride
    self.inner = inner
    self.rows = rows
    self.rowCount = rowCount
    self.weights = weights
    self.columns = columns
    self.columnCount = columnCount
    self.bias = bias
    self.output = output
    self.outputStride = outputStride
    self.adds = adds
  }
}
