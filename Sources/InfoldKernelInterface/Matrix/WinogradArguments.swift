/// Weights to transform: `source[o * channels * 9 + c * 9 + ky * 3 + kx]` (ONNX's order).
public struct WinogradPackArguments: @unchecked Sendable {
  /// The size of the output tile: 2, 4 or 6.
  public var tile: Int
  public var source: UnsafePointer<Float>
  public var channels: Int
  /// The output channels of the whole matrix.
  public var columnCount: Int
  /// The output channels to pack. The range begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  /// The beginning of all packed weights.
  public var packed: UnsafeMutablePointer<Float>

  public init(
    tile: Int, source: UnsafePointer<Float>, channels: Int, columnCount: Int, columns: Range<Int>,
    packed: UnsafeMutablePointer<Float>
  ) {
    self.tile = tile
    self.source = source
    self.channels = channels
    self.columnCount = columnCount
    self.columns = columns
    self.packed = packed
  }
}

/// A 3×3 Winograd convolution with stride 1, or a part of one.
public struct WinogradArguments: @unchecked Sendable {
  /// The size of the output tile: 2, 4 or 6.
  public var tile: Int
  public var padTop: Int
  public var padLeft: Int
  public var input: InputImages<Float>
  public var weights: UnsafePointer<Float>
  /// The same weights packed for `MatrixKernels.convolve`, for tiles that are computed directly.
  public var directWeights: UnsafePointer<Float>
  public var output: OutputImages<Float>
  public var epilogue: Epilogue
  /// The tiles to compute, counted over images, rows of tiles and columns of tiles. The last tile
  /// in each direction may be cropped.
  public var tiles: Range<Int>
  /// The output channels to compute. The range begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  /// Scratch memory of `winogradScratch` bytes, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer

  public init(
    tile: Int, padTop: Int, padLeft: Int, input: InputImages<Float>,
    weights: UnsafePointer<Float>, directWeights: UnsafePointer<Float>, output: OutputImages<Float>, epilogue: Epilogue,
    tiles: Range<Int>, columns: Range<Int>, scratch: UnsafeMutableRawPointer
  ) {
    self.tile = tile
    self.padTop = padTop
    self.padLeft = padLeft
    self.input = input
    self.weights = weights
    self.directWeights = directWeights
    self.output = output
    self.epilogue = epilogue
    self.tiles = tiles
    self.columns = columns
    self.scratch = scratch
  }
}
