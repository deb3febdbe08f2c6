/// A matrix to pack, and the destination.
///
/// Row r of the matrix is tap r ÷ channels and channel r mod channels. Its element in column n is
/// `source[tap * tapStride + channel * channelStride + n * columnStride]`.
public struct PackArguments: @unchecked Sendable {
  public var source: UnsafePointer<Float>
  public var taps: Int
  public var channels: Int
  public var tapStride: Int
  public var channelStride: Int
  public var columnStride: Int
  /// The columns of the whole matrix.
  public var columnCount: Int
  /// The columns to pack. The range begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  /// The beginning of the whole packed matrix.
  public var packed: UnsafeMutablePointer<Float>

  public init(
    source: UnsafePointer<Float>, taps: Int, channels: Int, tapStride: Int, channelStride: Int, columnStride: Int,
    columnCount: Int, columns: Range<Int>, packed: UnsafeMutablePointer<Float>
  ) {
    self.source = source
    self.taps = taps
    self.channels = channels
    self.tapStride = tapStride
    self.channelStride = channelStride
    self.columnStride = columnStride
    self.columnCount = columnCount
    self.columns = columns
    self.packed = packed
  }
}
