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

/// Writes, tile by tile of so many output positions, tap by tap, where the input pixels of each position lie; `padding` for those
/// outside of the picture.
@inline(never)
func locateBytes(
  _ pixels: Range<Int>, _ window: ImageWindow, _ input: InputByteImages, _ output: OutputByteImages, tileRows: Int,
  padding: UnsafePointer<UInt8>, into pointers: UnsafeMutablePointer<UnsafePointer<UInt8>>
) {
  let taps = window.height * window.width
  if window.readsOwnPixel(
    inputHeight: input.height, inputWidth: input.width, outputHeight: output.height, outputWidth: output.width)
  {
    var pixel = input.base + pixels.lowerBound * input.pixelStride
    for index in 0..<pixels.count {
      pointers[index] = pixel
      pixel += input.pixelStride
    }
    return
  }
  let (line, firstX) = divide(pixels.lowerBound, by: output.width)
  var (image, y) = divide(line, by: output.height)
  var x = firstX
  var tile = pointers
  var row = 0
  for _ in pixels {
    var target = tile + row
    for windowRow in 0..<window.height {
      let inputY = y * window.strideY - window.padTop + windowRow * window.dilationY
      let line = (image * input.height + inputY) * input.width
      for windowColumn in 0..<window.width {
        let inputX = x * window.strideX - window.padLeft + windowColumn * window.dilationX
        let isInside = inputY >= 0 && inputY < input.height && inputX >= 0 && inputX < input.width
        target.initialize(to: isInside ? input.base + (line + inputX) * input.pixelStride : padding)
        target += tileRows
      }
    }
    row += 1
    if row == tileRows {
      row = 0
      tile += tileRows * taps
    }
    x += 1
    if x == output.width {
      x = 0
      y += 1
      if y == output.height {
        y = 0
        image += 1
      }
    }
  }
}
