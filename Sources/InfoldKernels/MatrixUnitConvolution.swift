public import InfoldKernelInterface

extension MatrixUnitSet {
  public static func positionLimit(_ factors: BFloat16Factors, taps: Int, channels: Int) -> Int {
    // The converted pixels of a block should leave room for weights in the second-level cache.
    let inputs = UnitPanel(factors, taps: taps, channels: channels).inputByteCount
    return 4 * inputs <= 1 << 19 ? 64 : 32
  }

  public static func convolutionScratch(_ factors: BFloat16Factors, taps: Int, channels: Int) -> Int {
    UnitScratch(
      UnitPanel(factors, taps: taps, channels: channels),
      positions: positionLimit(factors, taps: taps, channels: channels)
    ).byteCount
  }

  @inline(never)
  public static func convolve(
    _ arguments: ConvolutionArguments, _ factors: BFloat16Factors, _ narrow: NarrowImages
  ) -> UInt64 {
    let (channels, positions) = (arguments.input.channels, arguments.pixels.count)
    let panel = UnitPanel(factors, taps: arguments.window.height * arguments.window.width, channels: channels)
    let scratch = UnitScratch(
      panel, positions: positionLimit(factors, taps: panel.taps, channels: channels))
    let inputs = UnitInputs(
      base: (arguments.scratch + scratch.inputs).assumingMemoryBound(to: UInt16.self), pairs: panel.pairs,
      taps: panel.taps, parts: panel.parts)
    var tiles = inputs.tiles
    var skipped: UInt64 = 0
    if let image = narrow.input {
      if factors == .rounded, let direct = UnitTiles(image, arguments, panel.pairs) {
        tiles = direct
      } else {
        skipped = inputs.copy(
          locate(image, arguments, scratch), planes(narrow, arguments, scratch), positions: positions)
      }
    } else {
      skipped = inputs.convert(locate(arguments.input.base, arguments, scratch), positions: positions)
    }
    multiply(tiles, panel, arguments, skipped: skipped, narrow, scratch)
    return skipped
  }

  @inline(never)
  public static func readFactors(
    _ arguments: ConvolutionArguments, _ narrow: NarrowImages, into target: UnsafeMutablePointer<Float>
  ) {
    let channels = arguments.input.channels
    let panel = UnitPanel(.split, taps: arguments.window.height * arguments.window.width, channels: channels)
    let scratch = UnitScratch(panel, positions: positionLimit(.split, taps: panel.taps, channels: channels))
    var number = target
    if let image = narrow.input {
      let planes = planes(narrow, arguments, scratch)
      forEachPixel(locate(image, arguments, scratch), taps: panel.taps) { pixel in
        let rests = planes.rests(of: pixel)
        for channel in 0..<channels { number[channel] = wholeNumber(pixel[channel], rests[channel]) }
        number += channels
      }
    } else {
      forEachPixel(locate(arguments.input.base, arguments, scratch), taps: panel.taps) { pixel in
        for channel in 0..<channels {
          let (first, second) = partsInBFloat16(pixel[channel].bitPattern)
          number[channel] = wholeNumber(
            UInt16(truncatingIfNeeded: first >> 16), UInt16(truncatingIfNeeded: second >> 16))
        }
        number += channels
      }
    }
  }

  /// Calls `body` with the address of each tap's pixel, for the first of the located positions.
  @inline(always)
  private static func forEachPixel<Element: BitwiseCopyable>(
    _ located: UnsafePointer<UnsafePointer<Element>>, taps: Int, _ body: (UnsafePointer<Element>) -> Void
  ) {
    for tap in 0..<taps { body(located[tap &* UnitInputs.locatedRows]) }
  }

  /// Writes the addresses of the pixels that the output positions read.
  /// - Parameter base: The address of the images.
  @inline(never)
  private static func locate<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ base: UnsafePointer<Element>, _ arguments: ConvolutionArguments, _ scratch: UnitScratch
  ) -> UnsafePointer<UnsafePointer<Element>> {
    let input = arguments.input
    let zeros = (arguments.scratch + scratch.zeros).assumingMemoryBound(to: Element.self)
    zeros.initialize(repeating: 0, count: input.channels)
    let pixels = (arguments.scratch + scratch.pointers).assumingMemoryBound(to: UnsafePointer<Element>.self)
    locateTaps(
      arguments.pixels, arguments.window,
      InputImages(
        base: base, count: input.count, height: input.height, width: input.width, channels: input.channels,
        pixelStride: input.pixelStride), arguments.output, tileRows: UnitInputs.locatedRows, padding: zeros,
      into: pixels)
    return UnsafePointer(pixels)
  }

  @inline(always)
  private static func planes(
    _ narrow: NarrowImages, _ arguments: ConvolutionArguments, _ scratch: UnitScratch
  ) -> UnitPlanes {
    UnitPlanes(
      stride: narrow.inputPlaneStride,
      padding: UnsafePointer((arguments.scratch + scratch.zeros).assumingMemoryBound(to: UInt16.self)))
  }

  /// Multiplies the converted pixels with all panels. Shapes of the unit's registers change only at
  /// the last positions and at the last columns.
  @inline(never)
  private static func multiply(
    _ tiles: UnitTiles, _ panel: UnitPanel, _ arguments: ConvolutionArguments, skipped: UInt64,
    _ narrow: NarrowImages, _ scratch: UnitScratch
  ) {
    let unit = Unit(memory: arguments.scratch + scratch.registers)
    let sums = (arguments.scratch + scratch.sums).assumingMemoryBound(to: Float.self)
    let weights = UnsafeRawPointer(arguments.weights).assumingMemoryBound(to: UInt16.self)
    let (positions, end) = (arguments.pixels.count, arguments.columns.upperBound)
    var (configuredRows, configuredColumns) = (0, 0)
    forEach(from: arguments.columns.lowerBound, to: end, by: panelWidth) { column in
      let columns = min(panelWidth, end - column)
      forEach(from: 0, to: positions, by: 32) { position in
        let rows = min(32, positions - position)
        if rows != configuredRows || columns != configuredColumns {
          unit.prepare(
            rows: rows, columns: columns, pairs: panel.pairs.pairs, in: arguments.scratch + scratch.shapes)
          (configuredRows, configuredColumns) = (rows, columns)
        }
        multiply(
          unit, tiles, panel, rows: rows, columns: columns, position: position,
          weights + column / panelWidth * panel.count, sums)
        let epilogue = UnitEpilogue(
          arguments.epilogue, arguments.output, narrow, parts: panel.parts,
          pixel: arguments.pixels.lowerBound + position, column: column)
        epilogue.finish(
          sums, rows: rows, columns: columns, skipped: skipped >> UInt64(truncatingIfNeeded: position))
      }
    }
    unit.release()
  }

  /// Computes the sums of up to 32 positions and 32 columns.
  @inline(always)
  private static func multiply(
    _ unit: Unit, _ tiles: UnitTiles, _ panel: UnitPanel, rows: Int, columns: Int, position: Int,
    _ weights: UnsafePointer<UInt16>, _ sums: UnsafeMutablePointer<Float>
  ) {
    let first = tiles.tile(at: position)
    let product = UnitProduct(
      first: first, second: rows > 16 ? tiles.tile(at: position + 16) : first, rowStride: tiles.rowStride,
      stepStride: tiles.stepStride, rows: rows, weights: weights, halfCount: panel.halfCount,
      steps: panel.taps * panel.pairs.blocks, sums: sums)
    @inline(always)
    func multiply<let rows: Int, let columns: Int>(_ tile: UnitTile<rows, columns>.Type) {
      if panel.parts == 2 { tile.multiplySplit(unit, product) } else { tile.multiplyRounded(unit, product) }
    }
    switch (rows > 16, columns > 16) {
    case (true, true): multiply(UnitTile<2, 2>.self)
    case (true, false): multiply(UnitTile<2, 1>.self)
    case (false, true): multiply(UnitTile<1, 2>.self)
    case (false, false): multiply(UnitTile<1, 1>.self)
    }
  }
}

extension UnitPanel {
  /// The bytes of the converted pixels of 16 positions.
  @inline(always)
  fileprivate var inputByteCount: Int { taps &* pairs.blocks &* parts &* 1024 }
}

/// The parts of the scratch memory of a convolution, as offsets in bytes. All are multiples of 64.
private struct UnitScratch {
  let registers, shapes, sums, inputs, zeros, pointers, byteCount: Int

  @inline(always)
  init(_ panel: UnitPanel, positions: Int) {
    registers = 0
    shapes = Unit.registerByteCount
    sums = shapes + 64
    inputs = sums + UnitSums.byteCount
    zeros = inputs + positions / 16 * panel.inputByteCount
    pointers = zeros + (panel.pairs.channels * MemoryLayout<Float>.stride + 63) / 64 * 64
    byteCount = pointers + positions * panel.taps * MemoryLayout<UnsafePointer<Float>>.stride
  }
}
