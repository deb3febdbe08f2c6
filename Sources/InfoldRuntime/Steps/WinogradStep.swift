import InfoldKernelInterface

/// A 3×3 convolution by Winograd's algorithm.
struct WinogradStep: Step {
  var kernels: any KernelSet.Type
  /// The size of an output tile.
  var tile: Int
  var shape: ConvolutionShape
  var input: Location
  var weights: Location
  var output: Location
  var epilogue: PlannedEpilogue

  var scratchByteCount: Int {
    kernels.winogradScratch(tile: tile, channels: shape.channels, outputChannels: shape.outputChannels)
  }

  private var tiles: Int {
    shape.images * ((shape.outputHeight + tile - 1) / tile) * ((shape.outputWidth + tile - 1) / tile)
  }

  private var panels: Int { (shape.outputChannels + kernels.panelWidth - 1) / kernels.panelWidth }

  /// Tiles that make a block of work: fewer would read the weights too often.
  private static let block = 24

  /// Few tiles share the weights: then threads share the output channels, and each transforms all tiles.
  private var splitsColumns: Bool { tiles < 2 * Self.block }

  func tasks(phase: Int, workers: Int) -> Int {
    workers == 1 ? 1 : splitsColumns ? min(panels, workers) : min(tiles / Self.block, 2 * workers)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let columns =
      splitsColumns
      ? (0..<shape.outputChannels).part(task, of: count, unit: kernels.panelWidth) : 0..<shape.outputChannels
    kernels.convolveWinograd(
      WinogradArguments(
        tile: tile, padTop: shape.window.padTop, padLeft: shape.window.padLeft,
        input: shape.input(frame.pointer(input)), weights: frame.pointer(weights),
        output: shape.output(frame.pointer(output)), epilogue: epilogue.resolved(in: frame),
        tiles: splitsColumns ? 0..<tiles : (0..<tiles).part(task, of: count), columns: columns,
        scratch: frame.scratch(of: worker)))
  }
}
