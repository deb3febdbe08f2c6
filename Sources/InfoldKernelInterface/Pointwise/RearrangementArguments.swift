/// The transposition of `count` matrices: output[m][column][row] = input[m][row][column].
///
/// NCHW → NHWC has C rows and H·W columns; NHWC → NCHW has H·W rows and C columns.
public struct TransposeArguments: @unchecked Sendable {
  public var input: UnsafePointer<Float>
  /// Floats from one matrix to the next.
  public var inputMatrixStride: Int
  /// Floats from one row of the input to the next.
  public var inputStride: Int
  /// Must not overlap the input.
  public var output: UnsafeMutablePointer<Float>
  /// Floats from one matrix to the next.
  public var outputMatrixStride: Int
  /// Floats from one row of the output to the next; the output's rows are the input's columns.
  public var outputStride: Int
  public var count: Int
  /// Rows of the input.
  public var rows: Int
  /// Columns of the input.
  public var columns: Int

  public init(
    input: UnsafePointer<Float>, inputMatrixStride: Int? = nil, inputStride: Int? = nil,
    output: UnsafeMutablePointer<Float>, outputMatrixStride: Int? = nil, outputStride: Int? = nil, count: Int = 1,
    rows: Int, columns: Int
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
  }

  /// Rows or columns, whichever are more, that make one unit of work.
  public static let block = 64
  /// The number of units of work: matrices × ⌈max(rows, columns) ÷ block⌉.
  public var unitCount: Int { count * ((max(rows, columns) + Self.block - 1) / Self.block) }
}

/// Exchanges the two factors of the channels' order: channel i·n + j of the input becomes channel j·groups + i, where
/// n = channels ÷ groups.
public struct ChannelShuffleArguments: @unchecked Sendable {
  /// The range counts its pixels, over all images.
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  /// Must not overlap the input.
  public var output: ElementwiseOutput
  /// Divides the channels.
  public var groups: Int

  public init(shape: ElementwiseShape, input: ElementwiseInput, output: ElementwiseOutput, groups: Int) {
    self.shape = shape
    self.input = input
    self.output = output
    self.groups = groups
  }
}

/// Pixels taken from other places: output[y][x] = input[rowIndices[y]][columnIndices[x]], or `fill` in every channel
/// where an index is negative.
///
/// With tables made for it this is Resize by nearest neighbour, Pad in every mode, and Slice over the spatial axes.
public struct GatherPixelsArguments: @unchecked Sendable {
  public var input: InputImages
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages
  /// One row of the input per row of the output, or a negative number.
  public var rowIndices: UnsafePointer<Int32>
  /// One column of the input per column of the output, or a negative number.
  public var columnIndices: UnsafePointer<Int32>
  public var fill: Float

  public init(
    input: InputImages, output: OutputImages, rowIndices: UnsafePointer<Int32>, columnIndices: UnsafePointer<Int32>,
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
  public var input: InputImages
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages
  /// One sample per row of the output.
  public var rows: UnsafePointer<LinearSample>
  /// One sample per column of the output.
  public var columns: UnsafePointer<LinearSample>

  public init(
    input: InputImages, output: OutputImages, rows: UnsafePointer<LinearSample>, columns: UnsafePointer<LinearSample>
  ) {
    self.input = input
    self.output = output
    self.rows = rows
    self.columns = columns
  }
}
