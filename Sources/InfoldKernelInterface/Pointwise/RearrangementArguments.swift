/// The transposition of `count` matrices: output[m][column][row] = input[m][row][column].
///
/// NCHW → NHWC has C rows and H·W columns; NHWC → NCHW has H·W rows and C columns.
public struct TransposeArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  /// Elements from one matrix to the next.
  public var inputMatrixStride: Int
  /// Elements from one row of the input to the next.
  public var inputStride: Int
  /// Must not overlap the input.
  public var output: UnsafeMutableRawPointer
  /// Elements from one matrix to the next.
  public var outputMatrixStride: Int
  /// Elements from one row of the output to the next; the output's rows are the input's columns.
  public var outputStride: Int
  public var count: Int
  /// Rows of the input.
  public var rows: Int
  /// Columns of the input.
  public var columns: Int
  /// The bytes of an element: 1, 2, 4 or 8.
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

  /// Rows or columns, whichever are more, that make one unit of work.
  public static let block = 64
  /// The number of units of work: matrices × ⌈max(rows, columns) ÷ block⌉.
  public var unitCount: Int { count * ((max(rows, columns) + Self.block - 1) / Self.block) }
}

/// Exchanges the two factors of the channels' order: channel i·n + j of the input becomes channel j·groups + i, where
/// n = channels ÷ groups.
public struct ChannelShuffleArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  /// Elements from one pixel of the input to the next.
  public var inputStride: Int
  /// Must not overlap the input.
  public var output: UnsafeMutableRawPointer
  /// Elements from one pixel of the output to the next.
  public var outputStride: Int
  public var channels: Int
  /// Divides the channels.
  public var groups: Int
  /// The bytes of an element: 1, 2, 4 or 8.
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

/// Pixels taken from other places: output[y][x] = input[rowIndices[y]][columnIndices[x]], or `fill` in every channel
/// where an index is negative.
///
/// With tables made for it this is Resize by nearest neighbour, Pad in every mode, and Slice over the spatial axes.
public struct GatherPixelsArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages<Float>
  /// One row of the input per row of the output, or a negative number.
  public var rowIndices: UnsafePointer<Int32>
  /// One column of the input per column of the output, or a negative number.
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

/// Where one row or column of a picture interpolated linearly comes from: `low` and `high` of the input, weighted.
/// `lowWeight` is above 0; where `highWeight` is 0, `high` is not read.
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
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages<Float>
  /// One sample per row of the output.
  public var rows: UnsafePointer<LinearSample>
  /// One sample per column of the output.
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
