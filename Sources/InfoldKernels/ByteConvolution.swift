public import InfoldKernelInterface

extension ByteSet {
  public static func convolutionScratch(taps: Int, channels: Int) -> Int {
    ByteTaps.scratchByteCount(channels: channels, count: blockPixels * taps)
  }

  @inline(never)
  public static func convolve(_ arguments: ByteConvolutionArguments) {
    let taps = arguments.window.height * arguments.window.width
    let channels = arguments.input.channels
    let places = ByteTaps(arguments.scratch, channels: channels, padding: arguments.padding)
    let quads = quads(channels)
    let panelStride = panelStride(taps: taps, quads: quads)
    forEachBlock(of: arguments.pixels, tileRows: tileRows) { pixels in
      places.locate(pixels, arguments.window, arguments.input, arguments.output, tileRows: tileRows)
      var column = arguments.columns.lowerBound
      while column < arguments.columns.upperBound {
        multiplyPanel(
          rows: pixels.count, places.pointers,
          BytePanel(
            columns: min(arguments.columns.upperBound - column, panelWidth), taps: taps,
            weights: BytePanelWeights(
              at: arguments.weights + column / panelWidth * panelStride, taps: taps, quads: quads),
            epilogue: ByteEpilogue(arguments, pixel: pixels.lowerBound, column: column)))
        column += panelWidth
      }
    }
  }
}
