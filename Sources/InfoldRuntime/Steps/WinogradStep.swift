import InfoldKernelInterface

/// A 3×3 convolution by Winograd's algorithm.
struct WinogradStep: Step {
  var kernels: any ConvolutionKernels.Type
  /// The size of an output tile.
  var tile: Int
  var shape: ConvolutionShape
  var input: Location
  var weights: Location
  /// The weights for tiles that are computed directly.
  var directWeights: Location
  var output: Location
  var epilogue: PlannedEpilogue
  /// Whether threads share the output channels, and each transforms all tiles; else they share the tiles.
  var splitsColumns = false

  var scratchByteCount: Int {
    kernels.winogradScratch(tile: tile, channels: shape.channels, outputChannels: shape.outputChannels)
  }

  var tiles: Int {
    shape.images * ((shape.outputHeight + tile - 1) / tile) * ((shape.outputWidth + tile - 1) / tile)
  }

  var panels: Int { (shape.outputChannels + kernels.panelWidth - 1) / kernels.panelWidth }

  /// Tiles that make a task, where there are so many: fewer read the weights too often.
  private static let taskTiles = 24
  /// Tiles that are worth another thread.
  private static let fewestTaskTiles = 8

  func tasks(phase: Int, workers: Int) -> Int {
    guard workers > 1 else { return 1 }
    if splitsColumns { return min(panels, workers) }
    return max(1, min(tiles / Self.fewestTaskTiles, max(workers, min(tiles / Self.taskTiles, 2 * workers))))
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let columns =
      splitsColumns
      ? (0..<shape.outputChannels).part(task, of: count, unit: kernels.panelWidth) : 0..<shape.outputChannels
    kernels.convolveWinograd(
      WinogradArguments(
        tile: tile, padTop: shape.window.padTop, padLeft: shape.window.padLeft,
        input: shape.input(frame.pointer(input)), weights: frame.pointer(weights),
        directWeights: frame.pointer(directWeights), output: shape.output(frame.pointer(output)),
        epilogue: epilogue.resolved(in: frame), tiles: splitsColumns ? 0..<tiles : (0..<tiles).part(task, of: count),
        columns: columns,
        scratch: frame.scratch(of: worker)))
  }
}
