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
  /// Whether threads divide the output channels, so that each transforms all tiles. Otherwise they
  /// divide the tiles.
  var sharesChannels = false

  var scratchByteCount: Int {
    kernels.winogradScratch(tile: tile, channels: shape.channels, outputChannels: shape.outputChannels)
  }

  var tiles: Int {
    shape.images * ((shape.outputHeight + tile - 1) / tile) * ((shape.outputWidth + tile - 1) / tile)
  }

  var panels: Int { (shape.outputChannels + kernels.panelWidth - 1) / kernels.panelWidth }

  /// The minimum number of tiles per task, if there are enough. Smaller tasks would read the
  /// weights too often.
  private static let taskTiles = 24
  /// The cost of transforming one channel of a tile, relative to the product of one pair of
  /// channels.
  static let inputTransformation = 30, outputTransformation = 30
  /// The number of tiles for which another thread pays off.
  private static let fewestTaskTiles = 8

  func tasks(phase: Int, workers: Int) -> Int {
    guard workers > 1 else { return 1 }
    if sharesChannels {
      let columns = min(panels, workers)
      return columns * max(1, min(workers / columns, mostTileParts))
    }
    let parts = min(mostTileParts, max(workers, min(tiles / Self.taskTiles, 2 * workers)))
    return parts * max(1, min(workers / parts, panels))
  }

  /// The maximum number of parts of the tiles that are worth a thread each. Further threads divide
  /// the channels of a part.
  private var mostTileParts: Int { max(1, tiles / Self.fewestTaskTiles) }

  private func part(_ task: Int, of count: Int) -> (tiles: Range<Int>, columns: Range<Int>) {
    let columns = 0..<shape.outputChannels
    let columnParts = sharesChannels ? min(panels, count) : count / min(mostTileParts, count)
    let (tilePart, columnPart) = task.quotientAndRemainder(dividingBy: columnParts)
    return (
      (0..<tiles).part(tilePart, of: count / columnParts),
      columns.part(columnPart, of: columnParts, unit: kernels.panelWidth)
    )
  }

  /// Threads that divide the channels all transform the input of their tiles.
  func work(phase: Int, task: Int, of count: Int) -> Int {
    let part = part(task, of: count)
    let products = part.columns.count * (shape.channels + Self.outputTransformation)
    return part.tiles.count * (shape.channels * Self.inputTransformation + products)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    let part = part(task, of: count)
    kernels.convolveWinograd(
      WinogradArguments(
        tile: tile, padTop: shape.window.padTop, padLeft: shape.window.padLeft,
        input: shape.input(state.pointer(input)), weights: state.pointer(weights),
        directWeights: state.pointer(directWeights), output: shape.output(state.pointer(output)),
        epilogue: epilogue.resolved(in: state), tiles: part.tiles, columns: part.columns,
        scratch: state.scratch(of: worker)))
  }
}
