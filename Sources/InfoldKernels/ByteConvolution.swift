public import InfoldKernelInterface

extension ByteSet {
  /// The output positions whose inputs are read for one panel of weights after the other, before the next ones come.
  @inline(__always)
  private static var blockRows: Int { 96 }

  public static func convolutionScratch(taps: Int, channels: Int) -> Int {
    paddingBytes(channels) + blockRows * taps * MemoryLayout<UnsafePointer<UInt8>>.stride
  }

  private static func paddingBytes(_ channels: Int) -> Int {
    (channels + byteSlack + 63) & ~63
  }

  @inline(never)
  public static func convolve(_ arguments: ByteConvolutionArguments) {
    let taps = arguments.window.height * arguments.window.width
    let channels = arguments.input.channels
    let padding = arguments.scratch.assumingMemoryBound(to: UInt8.self)
    padding.initialize(repeating: arguments.padding, count: paddingBytes(channels))
    let pointers = (arguments.scratch + paddingBytes(channels)).assumingMemoryBound(to: UnsafePointer<UInt8>.self)
    let quads = quads(channels)
    let panelStride = taps * quads * quad * panelWidth
    // Blocks of even sizes, whole tiles but for the end.
    let tiles = (arguments.pixels.count + tileRows - 1) / tileRows
    let blocks = (tiles * tileRows + blockRows - 1) / blockRows
    var firstTile = 0
    for block in 0..<blocks {
      let endTile = tiles * (block + 1) / blocks
      let first = arguments.pixels.lowerBound + firstTile * tileRows
      let end = min(arguments.pixels.lowerBound + endTile * tileRows, arguments.pixels.upperBound)
      locateBytes(
        first..<end, arguments.window, arguments.input, arguments.output, tileRows: tileRows, padding: padding,
        into: pointers)
      var column = arguments.columns.lowerBound
      while column < arguments.columns.upperBound {
        multiplyPanel(
          rows: end - first, pointers,
          BytePanel(
            columns: min(arguments.columns.upperBound - column, panelWidth), taps: taps, quads: quads,
            weights: arguments.weights + column / panelWidth * panelStride,
            output: arguments.output.base + first * arguments.output.pixelStride + column,
            outputStride: arguments.output.pixelStride, arguments.requantization, column: column))
        column += panelWidth
      }
      firstTile = endTile
    }
  }
}

/// Where the taps of quantized images lie: see `locateTaps`.
@inline(never)
func locateBytes(
  _ pixels: Range<Int>, _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>,
  tileRows: Int, padding: UnsafePointer<UInt8>, into pointers: UnsafeMutablePointer<UnsafePointer<UInt8>>
) {
  locateTaps(pixels, window, input, output, tileRows: tileRows, padding: padding, into: pointers)
}
