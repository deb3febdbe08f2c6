public import InfoldKernelInterface

extension Kernels {
  /// The maximum number of channels for which tiles of three vectors are used for all columns.
  private static var threeVectorTileChannels: Int { 128 }

  public static func convolutionScratch(taps: Int, channels: Int) -> Int {
    spilledByteCount(taps: taps, channels: channels) + zeroBytes(channels)
      + blockPixels * taps * MemoryLayout<UnsafePointer<Float>>.stride
  }

  private static func zeroBytes(_ channels: Int) -> Int {
    (channels * MemoryLayout<Float>.stride + 63) & ~63
  }

  @inline(never)
  public static func convolve(_ arguments: ConvolutionArguments) {
    let taps = arguments.planes * arguments.window.height * arguments.window.width
    let channels = arguments.input.channels
    let spilled = arguments.scratch.assumingMemoryBound(to: Float.self)
    let scratch = arguments.scratch + spilledByteCount(taps: taps, channels: channels)
    let zeros = scratch.assumingMemoryBound(to: Float.self)
    zeros.initialize(repeating: 0, count: channels)
    let pointers = (scratch + zeroBytes(channels)).assumingMemoryBound(to: UnsafePointer<Float>.self)
    let panelLength = taps * channels * panelWidth
    let panelStride = arguments.panelStride ?? panelLength
    let hasThreeVectorTiles = Self.hasThreeVectorTiles && panelStride == panelLength
    // Whether one tile of three vectors covers all columns. Such tiles are mixed with others only
    // for a single tap, where both arrange the pointers in the same way.
    let fitsThreeVectors =
      hasThreeVectorTiles && arguments.columns.count > panelWidth && arguments.columns.count <= threeVectorTileColumns
    forEachBlock(of: arguments.pixels, tileRows: tileRows) { pixels in
      let located =
        fitsThreeVectors
        ? locatePixelsOfThreeVectorTiles(pixels, arguments, zeros: zeros, into: pointers)
        : locatePixels(pixels, arguments, zeros: zeros, into: pointers)
      for group in 0..<arguments.groups.count {
        if group > 0 { advance(pointers, located, by: channels, zeros: zeros) }
        convolve(
          pixels, group: group, arguments, taps: taps, panelStride: panelStride,
          hasThreeVectorTiles: hasThreeVectorTiles, fitsThreeVectors: fitsThreeVectors, pointers, spilled: spilled)
      }
    }
  }

  /// Computes some output positions of one group, panel by panel.
  @inline(__always)
  private static func convolve(
    _ pixels: Range<Int>, group: Int, _ arguments: ConvolutionArguments, taps: Int, panelStride: Int,
    hasThreeVectorTiles: Bool, fitsThreeVectors: Bool, _ pointers: UnsafeMutablePointer<UnsafePointer<Float>>,
    spilled: UnsafeMutablePointer<Float>
  ) {
    let (channels, first) = (arguments.input.channels, pixels.lowerBound)
    let firstChannel = group * arguments.groups.outputChannels
    let weightsOfGroup = arguments.weights + group * arguments.groups.weightCount
    var column = arguments.columns.lowerBound
    while column < arguments.columns.upperBound {
      let rest = arguments.columns.upperBound - column
      let weights = weightsOfGroup + column / panelWidth * panelStride
      let epilogue = TileEpilogue(arguments.epilogue, arguments.output, pixel: first, column: firstChannel + column)
      if fitsThreeVectors || hasThreeVectorTiles && taps == 1 && rest > panelWidth && rest <= threeVectorTileColumns {
        multiplyAcrossPanels(
          rows: pixels.count, columns: rest, taps: taps, channels: channels, pointers, weights, skipsVector: false,
          epilogue)
        break
      }
      if hasThreeVectorTiles, taps == 1, channels <= threeVectorTileChannels, rest >= 3 * panelWidth {
        multiplyAcrossPanels(
          rows: pixels.count, columns: threeVectorTileColumns, taps: 1, channels: channels, pointers, weights,
          skipsVector: false, epilogue)
        multiplyAcrossPanels(
          rows: pixels.count, columns: threeVectorTileColumns, taps: 1, channels: channels, pointers,
          weights + panelStride, skipsVector: true, epilogue.advanced(byColumns: threeVectorTileColumns))
        column += 3 * panelWidth
        continue
      }
      let next = arguments.panel(after: column, group: group, panelWidth: panelWidth, panelStride: panelStride)
      // A single tile reads its weights only once.
      if pixels.count > tileRows, isLong(taps: taps, channels: channels) {
        multiplyLongPanel(
          rows: pixels.count, columns: min(rest, panelWidth), taps: taps, channels: channels, pointers, weights,
          next: next, spilled: spilled, epilogue)
      } else {
        multiplyPanel(
          rows: pixels.count, columns: min(rest, panelWidth), taps: taps, channels: channels, pointers, weights,
          next: next, fetchesAhead: !arguments.weightsAreNear, epilogue)
      }
      column += panelWidth
    }
  }

  /// Advances to the pixels' channels of the next group.
  @inline(never)
  private static func advance(
    _ pointers: UnsafeMutablePointer<UnsafePointer<Float>>, _ count: Int, by channels: Int, zeros: UnsafePointer<Float>
  ) {
    let zeros = UInt(bitPattern: zeros), distance = UInt(bitPattern: channels &* MemoryLayout<Float>.stride)
    let places = UnsafeMutableRawPointer(pointers).assumingMemoryBound(to: UInt.self)
    for index in 0..<count {
      places[index] = places[index] == zeros ? zeros : places[index] &+ distance
    }
  }

  /// Locates the pixels of all taps.
  /// - Returns: The number of pointers.
  @inline(never)
  private static func locatePixels(
    _ pixels: Range<Int>, _ arguments: ConvolutionArguments, zeros: UnsafePointer<Float>,
    into pointers: UnsafeMutablePointer<UnsafePointer<Float>>
  ) -> Int {
    locateTaps(
      pixels, arguments.window, arguments.input, arguments.output, planes: arguments.planes,
      planeStride: arguments.planeStride, tileRows: tileRows, padding: zeros, into: pointers)
  }

  @inline(never)
  private static func locatePixelsOfThreeVectorTiles(
    _ pixels: Range<Int>, _ arguments: ConvolutionArguments, zeros: UnsafePointer<Float>,
    into pointers: UnsafeMutablePointer<UnsafePointer<Float>>
  ) -> Int {
    locateTaps(
      pixels, arguments.window, arguments.input, arguments.output, planes: arguments.planes,
      planeStride: arguments.planeStride, tileRows: threeVectorTileRows, padding: zeros, into: pointers)
  }
}

extension ConvolutionArguments {
  /// Returns the panel that is read after that of `column`. This is the next panel, or the first
  /// panel of the next group. After the last group, it is the first panel of the first group, with
  /// which the next block of positions begins.
  @inline(__always)
  fileprivate func panel(after column: Int, group: Int, panelWidth: Int, panelStride: Int) -> UnsafePointer<Float> {
    var (group, column) = (group, column + panelWidth)
    if column >= columns.upperBound {
      column = columns.lowerBound
      group = group + 1 < groups.count ? group + 1 : 0
    }
    return weights + group * groups.weightCount + column / panelWidth * panelStride
  }
}
