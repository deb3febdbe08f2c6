/// How a row of quantized numbers stands for floats: scale · (a − zeroPoint).
public struct ByteRow: Sendable {
  public var scale: Float
  public var zeroPoint: Int32
  /// The sum of the row's numbers less their zero points, which is asked for where the weights have zero points.
  public var sum: Int32

  public init(scale: Float, zeroPoint: Int32, sum: Int32 = 0) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.sum = sum
  }
}

/// What a column of packed weights is: scale · (w − zeroPoint). Each list goes on to the end of the last panel.
public struct ByteColumns: @unchecked Sendable {
  public var scales: UnsafePointer<Float>
  /// The sums of the weights as they are packed.
  public var sums: UnsafePointer<Int32>
  /// `nil` for zeros.
  public var zeroPoints: UnsafePointer<Int32>?

  public init(scales: UnsafePointer<Float>, sums: UnsafePointer<Int32>, zeroPoints: UnsafePointer<Int32>?) {
    self.scales = scales
    self.sums = sums
    self.zeroPoints = zeroPoints
  }
}

/// A product of quantized rows with packed weights, as floats: y = Σ (a − zeroPointₐ) · (w − zeroPointᵥ) · (scaleₐ · scaleᵥ) + bias.
public struct ByteProductArguments: @unchecked Sendable {
  public var input: UnsafePointer<UInt8>
  /// The bytes from one row to the next.
  public var inputStride: Int
  /// The numbers of a row.
  public var inner: Int
  /// What each row stands for.
  public var rows: UnsafePointer<ByteRow>
  public var rowCount: Int
  /// Packed as for a convolution with a window of one position.
  public var weights: UnsafePointer<Int8>
  public var columns: ByteColumns
  public var columnCount: Int
  /// For each column; `nil` for none.
  public var bias: UnsafePointer<Float>?
  public var output: UnsafeMutablePointer<Float>
  public var outputStride: Int
  /// Whether the product is added to what is there.
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
