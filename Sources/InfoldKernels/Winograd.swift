public import InfoldKernelInterface

extension Kernels {
  public static func winogradScratch(tile: Int, channels: Int, outputChannels: Int) -> Int {
    WinogradBlock(tile: tile, channels: channels, outputChannels: outputChannels).byteCount
  }

  @inline(never)
  public static func convolveWinograd(_ arguments: WinogradArguments) {
    let block = WinogradBlock(
      tile: arguments.tile, channels: arguments.input.channels, outputChannels: arguments.output.channels)
    // Blocks of similar sizes, which are multiples of whole product tiles except the last.
    let units = (arguments.tiles.count + tileRows - 1) / tileRows
    let blocks = (units * tileRows + block.tiles - 1) / block.tiles
    block.clearZeros(arguments.scratch)
    for index in 0..<blocks {
      let begin = arguments.tiles.lowerBound + units * index / blocks * tileRows
      let end = arguments.tiles.lowerBound + units * (index + 1) / blocks * tileRows
      block.convolve(begin..<min(end, arguments.tiles.upperBound), arguments)
    }
  }
}

/// The tiles that pass through the steps of Winograd's algorithm together, and their memory. A
/// block has all channels of the transformed input, and the products of some of the output channels
/// at a time, so that these stay in the second-level cache.
struct WinogradBlock {
  let tile: Int
  /// The maximum number of tiles in a block.
  let tiles: Int
  let channels: Int
  /// The output channels of one product.
  let columns: Int

  /// The width of an input tile in pixels.
  private var size: Int { tile + 2 }
  private var positions: Int { size * size }
  private var channelStride: Int {
    (channels + Vector.scalarCount - 1) / Vector.scalarCount * Vector.scalarCount
  }
  // One cache line more than needed. Without it, the positions of a tile would map to the same
  // cache set.
  private var inputStride: Int { tiles * channelStride + 16 }
  private var productStride: Int { tiles * columns + 16 }

  init(tile: Int, channels: Int, outputChannels: Int) {
    self.tile = tile
    self.channels = channels
    tiles =
      switch tile {
      case 2: 96
      case 4: 48
      default: 36
      }
    let panels = Kernels.panelCount(columns: outputChannels)
    columns = min(panels * Kernels.panelWidth, 64)
  }

  // The consecutive parts of the scratch memory.
  private var directBytes: Int { rounded(Kernels.convolutionScratch(taps: 9, channels: channels)) }
  private var unevenBytes: Int { rounded(tiles * MemoryLayout<Bool>.stride) }
  private var zeroBytes: Int { rounded(channels * MemoryLayout<Float>.stride) }
  private var pointerBytes: Int {
    rounded(max(positions, tiles) * MemoryLayout<UnsafePointer<Float>>.stride)
  }
  private var vectorBytes: Int { rounded(positions * MemoryLayout<Vector>.stride) }
  private var inputBytes: Int { rounded(positions * inputStride * MemoryLayout<Float>.stride) }
  private var productBytes: Int { rounded(positions * productStride * MemoryLayout<Float>.stride) }

  var byteCount: Int {
    zeroBytes + pointerBytes + 2 * vectorBytes + inputBytes + productBytes + directBytes + unevenBytes
  }

  private func rounded(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

  func clearZeros(_ scratch: UnsafeMutableRawPointer) {
    scratch.assumingMemoryBound(to: Float.self).initialize(repeating: 0, count: channels)
  }

  @inline(never)
  func convolve(_ range: Range<Int>, _ arguments: WinogradArguments) {
    let zeros = arguments.scratch.assumingMemoryBound(to: Float.self)
    let pointers = (arguments.scratch + zeroBytes).assumingMemoryBound(to: UnsafePointer<Float>.self)
    let firstVectors = arguments.scratch + zeroBytes + pointerBytes
    let secondVectors = firstVectors + vectorBytes
    let inputMemory = secondVectors + vectorBytes
    let input = WinogradInput(
      base: inputMemory.assumingMemoryBound(to: Float.self), positionStride: inputStride, tileStride: channelStride,
      channels: channels, pixels: pointers, columns: firstVectors.assumingMemoryBound(to: Vector.self),
      copies: secondVectors.assumingMemoryBound(to: Vector.self), zeros: zeros)
    let productMemory = inputMemory + inputBytes
    let products = productMemory.assumingMemoryBound(to: Float.self)
    let directScratch = productMemory + productBytes
    let isUneven = (directScratch + directBytes).assumingMemoryBound(to: Bool.self)
    let output = WinogradOutput(
      base: products, positionStride: productStride, tileStride: columns, images: arguments.output,
      epilogue: arguments.epilogue, rows: firstVectors.assumingMemoryBound(to: Vector.self))

    forEachTile(range, arguments.output) { index, image, y, x in
      isUneven[index] = input.transform(
        size: size, images: arguments.input, image: image, y: y - arguments.padTop, x: x - arguments.padLeft,
        tile: index, rows: min(tile, arguments.output.height - y), columns: min(tile, arguments.output.width - x))
    }
    var column = arguments.columns.lowerBound
    while column < arguments.columns.upperBound {
      let end = min(column + columns, arguments.columns.upperBound)
      multiply(
        input, range.count, arguments.weights + column * channels, columns: end - column, pointers: pointers,
        into: products, outputChannels: arguments.output.channels)
      forEachTile(range, arguments.output) { index, image, y, x in
        if isUneven[index] {
          convolveDirectly(image: image, y: y, x: x, columns: column..<end, arguments, scratch: directScratch)
        } else {
          output.transform(tile: tile, image: image, y: y, x: x, tile: index, columns: column..<end)
        }
      }
      column = end
    }
  }

  /// Computes the outputs of a tile by the definition.
  @inline(never)
  private func convolveDirectly(
    image: Int, y: Int, x: Int, columns: Range<Int>, _ arguments: WinogradArguments, scratch: UnsafeMutableRawPointer
  ) {
    let output = arguments.output
    let width = min(tile, output.width - x)
    for row in y..<min(y + tile, output.height) {
      let pixel = (image * output.height + row) * output.width + x
      Kernels.convolve(
        ConvolutionArguments(
          window: ImageWindow(height: 3, width: 3, padTop: arguments.padTop, padLeft: arguments.padLeft),
          input: arguments.input, weights: arguments.directWeights, output: output, epilogue: arguments.epilogue,
          pixels: pixel..<(pixel + width), columns: columns, scratch: scratch))
    }
  }

  /// Computes the product for each position: the transformed inputs of all tiles and channels with
  /// the weights of some columns.
  @inline(__always)
  private func multiply(
    _ input: WinogradInput, _ count: Int, _ weights: UnsafePointer<Float>, columns width: Int,
    pointers: UnsafeMutablePointer<UnsafePointer<Float>>, into products: UnsafeMutablePointer<Float>,
    outputChannels: Int
  ) {
    let matrix = Kernels.packedCount(rows: channels, columns: outputChannels)
    for position in 0..<positions {
      let rows = input.base + position * inputStride
      for row in 0..<count { (pointers + row).initialize(to: UnsafePointer(rows + row * channelStride)) }
      let images = OutputImages(
        base: products + position * productStride, count: 1, height: 1, width: count, channels: columns)
      var column = 0
      while column < width {
        let panel = weights + (position * matrix + column * channels)
        let isLast = column + Kernels.panelWidth >= width
        let next = isLast ? weights + (position + 1) * matrix : panel + Kernels.panelWidth * channels
        // Whole vectors. The weights after the last column are zeros.
        let vectors = (min(width - column, Kernels.panelWidth) + Vector.scalarCount - 1) / Vector.scalarCount
        Kernels.multiplyPanel(
          rows: count, columns: vectors * Vector.scalarCount, taps: 1, channels: channels, pointers, panel, next: next,
          TileEpilogue(Epilogue(), images, pixel: 0, column: column))
        column += Kernels.panelWidth
      }
    }
  }

  /// Calls `body` with each tile's index in the block, its image, and its first output row and
  /// column.
  @inline(__always)
  private func forEachTile(_ range: Range<Int>, _ images: OutputImages<Float>, _ body: (Int, Int, Int, Int) -> Void) {
    let across = (images.width + tile - 1) / tile, down = (images.height + tile - 1) / tile
    var (row, x) = divide(range.lowerBound, by: across)
    var image = row / down
    row %= down
    for index in 0..<range.count {
      body(index, image, row * tile, x * tile)
      x += 1
      if x == across {
        x = 0
        row += 1
        if row == down {
          row = 0
          image += 1
        }
      }
    }
  }
}
