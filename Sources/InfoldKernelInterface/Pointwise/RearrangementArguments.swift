/// The transposition of `count` matrices: output[m][column][row] = input[m][row][column].
///
/// NCHW → NHWC has C rows and H·W columns; NHWC → NCHW has H·W rows and C columns.
public struct TransposeArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  /// The distance between matrices in elements.
  public var inputMatrixStride: Int
  /// The distance between rows of the input in elements.
  public var inputStride: Int
  /// The output. It must not overlap the input.
  public var output: UnsafeMutableRawPointer
  /// The distance between matrices in elements.
  public var outputMatrixStride: Int
  /// The distance between rows of the output in elements. The output's rows are the input's
  /// columns.
  public var outputStride: Int
  public var count: Int
  /// The rows of the input.
  public var rows: Int
  /// The columns of the input.
  public var columns: Int
  /// The size of an element in bytes: 1, 2, 4 or 8.
  public var elementByteCount: Int

  public init(
    input: UnsafeRawPointer, inputMatrixStride: Int? = nil, inputStride: Int? = nil,
    output: UnsafeMutableRawPointer, outputMatrixStride: Int? = nil, outputStride: Int? = nil, count: Int = 1,
    rows: Int, columns: Int, elementByteCount: Int = 4
  ) {
    self.input = input
    self.inputStride = inputStride ?? columns
    self.inputMatrixStride = inputMatrixStride ?? rows * self.inputStride
    self.output = output
    self.outputStride = outputStride ?? rows
    self.outputMatrixStride = outputMatrixStride ?? columns * self.outputStride
    self.count = count
    self.rows = rows
    self.columns = columns
    self.elementByteCount = elementByteCount
  }

  /// The size of a unit of work, in rows or columns, whichever are more.
  public static let block = 64
  /// The number of units of work: matrices × ⌈max(rows, columns) ÷ block⌉.
  public var unitCount: Int { count * ((max(rows, columns) + Self.block - 1) / Self.block) }
}

/// A channel shuffle, which transposes the channels as a matrix: channel i·n + j of the input
/// becomes channel j·groups + i, where n = channels ÷ groups.
public struct ChannelShuffleArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  /// The distance between pixels of the input in elements.
  public var inputStride: Int
  /// The output. It must not overlap the input.
  public var output: UnsafeMutableRawPointer
  /// The distance between pixels of the output in elements.
  public var outputStride: Int
  public var channels: Int
  /// The number of groups. It divides the channels.
  public var groups: Int
  /// The size of an element in bytes: 1, 2, 4 or 8.
  public var elementByteCount: Int

  public init(
    input: UnsafeRawPointer, inputStride: Int, output: UnsafeMutableRawPointer, outputStride: Int, channels: Int,
    groups: Int, elementByteCount: Int = 4
  ) {
    self.input = input
    self.inputStride = inputStride
    self.output = output
    self.outputStride = outputStride
    self.channels = channels
    self.groups = groups
    self.elementByteCount = elementByteCount
  }
}

/// Pixels copied by index: output[y][x] = input[rowIndices[y]][columnIndices[x]], or `fill` in all
/// channels if an index is negative.
///
/// With suitable index tables, this computes nearest-neighbor Resize, all modes of Pad, and Slice
/// over the spatial axes.
public struct GatherPixelsArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// The output, with as many images and channels as the input. It must not overlap the input.
  public var output: OutputImages<Float>
  /// The input row of each output row, or a negative number.
  public var rowIndices: UnsafePointer<Int32>
  /// The input column of each output column, or a negative number.
  public var columnIndices: UnsafePointer<Int32>
  public var fill: Float

  public init(
    input: InputImages<Float>, output: OutputImages<Float>, rowIndices: UnsafePointer<Int32>,
    columnIndices: UnsafePointer<Int32>,
    fill: Float = 0
  ) {
    self.input = input
    self.output = output
    self.rowIndices = rowIndices
    self.columnIndices = columnIndices
    self.fill = fill
  }
}

/// The source of a linearly interpolated row or column: `low` and `high` of the input with their
/// weights. `lowWeight` is positive. If `highWeight` is 0, `high` is not read.
public struct LinearSample: Sendable {
  public var low: Int32
  public var high: Int32
  public var lowWeight: Float
  public var highWeight: Float

  public init(low: Int32, high: Int32, lowWeight: Float, highWeight: Float) {
    self.low = low
    self.high = high
    self.lowWeight = lowWeight
    self.highWeight = highWeight
  }
}

/// Resize by bilinear interpolation: first between two columns, then between two rows.
public struct ResizeLinearArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// The output, with as many images and channels as the input. It must not overlap the input.
  public var output: OutputImages<Float>
  /// One sample for each row of the output.
  public var rows: UnsafePointer<LinearSample>
  /// One sample for each column of the output.
  public var columns: UnsafePointer<LinearSample>

  public init(
    input: InputImages<Float>, output: OutputImages<Float>, rows: UnsafePointer<LinearSample>,
    columns: UnsafePointer<LinearSample>
  ) {
    self.input = input
    self.output = output
    self.rows = rows
    self.columns = columns
  }
}
