public import InfoldKernelInterface

extension Kernels {
  /// With no more channels, wide tiles are used for all columns.
  private static var wideTileChannels: Int { 128 }

  public static func convolutionScratch(taps: Int, channels: Int) -> Int {
    waitingBytes(taps: taps, channels: channels) + zeroBytes(channels)
      + blockPixels * taps * MemoryLayout<UnsafePointer<Float>>.stride
  }

  private static func zeroBytes(_ channels: Int) -> Int {
    (channels * MemoryLayout<Float>.stride + 63) & ~63
  }

  @inline(never)
  public static func convolve(_ arguments: ConvolutionArguments) {
    let taps = arguments.planes * arguments.window.height * arguments.window.width
    let channels = arguments.input.channels
    let waiting = arguments.scratch.assumingMemoryBound(to: Float.self)
    let scratch = arguments.scratch + waitingBytes(taps: taps, channels: channels)
    let zeros = scratch.assumingMemoryBound(to: Float.self)
    zeros.initialize(repeating: 0, count: channels)
    let pointers = (scratch + zeroBytes(channels)).assumingMemoryBound(to: UnsafePointer<Float>.self)
    let panelLength = taps * channels * panelWidth
    let panelStride = arguments.panelStride ?? panelLength
    let hasWideTiles = Self.hasWideTiles && panelStride == panelLength
    // All columns in one wide tile. Beside other tiles there are wide ones with a single tap only: then the pointers lie alike for both.
    let isWide = hasWideTiles && arguments.columns.count > panelWidth && arguments.columns.count <= wideTileColumns
    forEachBlock(of: arguments.pixels, tileRows: tileRows) { pixels in
      let first = pixels.lowerBound
      if isWide {
        locatePixelsOfWideTiles(pixels, arguments, zeros: zeros, into: pointers)
      } else {
        locatePixels(pixels, arguments, zeros: zeros, into: pointers)
      }
      var column = arguments.columns.lowerBound
      while column < arguments.columns.upperBound {
        let rest = arguments.columns.upperBound - column
        let weights = arguments.weights + column / panelWidth * panelStride
        let epilogue = TileEpilogue(arguments.epilogue, arguments.output, pixel: first, column: column)
        if isWide || hasWideTiles && taps == 1 && rest > panelWidth && rest <= wideTileColumns {
          multiplyWidePanel(
            rows: pixels.count, columns: rest, taps: taps, channels: channels, pointers, weights, skipsVector: false,
            epilogue)
          break
        }
        if hasWideTiles, taps == 1, channels <= wideTileChannels, rest >= 3 * panelWidth {
          multiplyWidePanel(
            rows: pixels.count, columns: wideTileColumns, taps: 1, channels: channels, pointers, weights,
            skipsVector: false, epilogue)
          multiplyWidePanel(
            rows: pixels.count, columns: wideTileColumns, taps: 1, channels: channels, pointers, weights + panelStride,
            skipsVector: true,
            TileEpilogue(arguments.epilogue, arguments.output, pixel: first, column: column + wideTileColumns))
          column += 3 * panelWidth
          continue
        }
        // The block behind this one begins with the first panel again.
        let nextPanel = (rest > panelWidth ? column + panelWidth : arguments.columns.lowerBound) / panelWidth
        let next = arguments.weights + nextPanel * panelStride
        // What a single tile reads is read once.
        if pixels.count > tileRows, isLong(taps: taps, channels: channels) {
          multiplyLongPanel(
            rows: pixels.count, columns: min(rest, panelWidth), taps: taps, channels: channels, pointers, weights,
            next: next, waiting: waiting, epilogue)
        } else {
          multiplyPanel(
            rows: pixels.count, columns: min(rest, panelWidth), taps: taps, channels: channels, pointers, weights,
            next: next, fetchesAhead: !arguments.weightsAreNear, epilogue)
        }
        column += panelWidth
      }
    }
  }

  @inline(never)
  private static func locatePixels(
    _ pixels: Range<Int>, _ arguments: ConvolutionArguments, zeros: UnsafePointer<Float>,
    into pointers: UnsafeMutablePointer<UnsafePointer<Float>>
  ) {
    locateTaps(
      pixels, arguments.window, arguments.input, arguments.output, planes: arguments.planes,
      planeStride: arguments.planeStride, tileRows: tileRows, padding: zeros, into: pointers)
  }

  @inline(never)
  private static func locatePixelsOfWideTiles(
    _ pixels: Range<Int>, _ arguments: ConvolutionArguments, zeros: UnsafePointer<Float>,
    into pointers: UnsafeMutablePointer<UnsafePointer<Float>>
  ) {
    locateTaps(
      pixels, arguments.window, arguments.input, arguments.output, planes: arguments.planes,
      planeStride: arguments.planeStride, tileRows: wideTileRows, padding: zeros, into: pointers)
  }
}
