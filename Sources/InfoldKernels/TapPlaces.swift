import InfoldKernelInterface

/// Writes, tile by tile of so many output positions, tap by tap, where the input pixels of each position lie; `padding` for those
/// outside of the picture.
@inline(always)
func locateTaps<Element>(
  _ pixels: Range<Int>, _ window: ImageWindow, _ input: InputImages<Element>, _ output: OutputImages<Element>,
  tileRows: Int, padding: UnsafePointer<Element>, into pointers: UnsafeMutablePointer<UnsafePointer<Element>>
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
  let columnStep = window.dilationX * input.pixelStride
  let rowStep = window.dilationY * input.width * input.pixelStride
  let reachX = (window.width - 1) * window.dilationX, reachY = (window.height - 1) * window.dilationY
  for _ in pixels {
    var target = tile + row
    let firstY = y * window.strideY - window.padTop, firstX = x * window.strideX - window.padLeft
    let corner = ((image * input.height + firstY) * input.width + firstX) * input.pixelStride
    if firstY >= 0, firstY + reachY < input.height, firstX >= 0, firstX + reachX < input.width {
      var line = input.base + corner
      for _ in 0..<window.height {
        var pixel = line
        for _ in 0..<window.width {
          target.initialize(to: pixel)
          target += tileRows
          pixel += columnStep
        }
        line += rowStep
      }
    } else {
      for windowRow in 0..<window.height {
        let inputY = firstY + windowRow * window.dilationY
        for windowColumn in 0..<window.width {
          let inputX = firstX + windowColumn * window.dilationX
          let isInside = inputY >= 0 && inputY < input.height && inputX >= 0 && inputX < input.width
          target.initialize(
            to: isInside ? input.base + (corner + windowRow * rowStep + windowColumn * columnStep) : padding)
          target += tileRows
        }
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

/// The most output positions whose inputs are read for one panel of weights after the other, before the next ones come: their inputs stay
/// in the second-level cache, and so does the panel.
@inline(always)
var blockPixels: Int { 96 }

/// Goes through output positions by blocks of even sizes, whole tiles but for the end.
@inline(always)
func forEachBlock(of pixels: Range<Int>, tileRows: Int, _ body: (Range<Int>) -> Void) {
  let tiles = (pixels.count + tileRows - 1) / tileRows
  let blocks = (tiles * tileRows + blockPixels - 1) / blockPixels
  var first = pixels.lowerBound
  for block in 0..<blocks {
    let end = min(pixels.lowerBound + tiles * (block + 1) / blocks * tileRows, pixels.upperBound)
    body(first..<end)
    first = end
  }
}

extension ImageWindow {
  /// Whether every output position reads one pixel only, the one that has its own place: then the convolution is a product of
  /// matrices, and the pixels lie one behind the other.
  ///
  /// Equal sizes alone do not say so: a picture may be padded on one side and cut off on the other one, as the phases of transposed
  /// convolutions are.
  @inline(always)
  func readsOwnPixel(inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int) -> Bool {
    height == 1 && width == 1 && strideY == 1 && strideX == 1 && padTop == 0 && padLeft == 0
      && inputHeight == outputHeight && inputWidth == outputWidth
  }
}
