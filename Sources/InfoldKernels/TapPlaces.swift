import InfoldKernelInterface

/// Writes the addresses of the input pixels, ordered by tile of `tileRows` output positions, tap,
/// and position. Positions outside of the image get `padding`. In a volume, taps are ordered by
/// plane first, and all of the `planes` lie inside the volume.
///
/// - Returns: The number of addresses.
@inline(always) @discardableResult
func locateTaps<Element, Result>(
  _ pixels: Range<Int>, _ window: ImageWindow, _ input: InputImages<Element>, _ output: OutputImages<Result>,
  planes: Int = 1, planeStride: Int = 0, tileRows: Int, padding: UnsafePointer<Element>,
  into pointers: UnsafeMutablePointer<UnsafePointer<Element>>
) -> Int {
  if planes == 1,
    window.readsOwnPixel(
      inputHeight: input.height, inputWidth: input.width, outputHeight: output.height, outputWidth: output.width)
  {
    var pixel = input.base + pixels.lowerBound * input.pixelStride
    for index in 0..<pixels.count {
      pointers[index] = pixel
      pixel += input.pixelStride
    }
    return pixels.count
  }
  var corners = TileCorners(pixels.lowerBound, window, input, output)
  let columnStep = window.dilationX * input.pixelStride
  let rowStep = window.dilationY * input.width * input.pixelStride
  var target = pointers
  var rest = pixels.count
  while rest > 0 {
    corners.locate(min(rest, tileRows))
    for plane in 0..<planes {
      for windowRow in 0..<window.height {
        for windowColumn in 0..<window.width {
          let offset = plane * planeStride + windowRow * rowStep + windowColumn * columnStep
          if corners.areInside {
            for row in 0..<tileRows { (target + row).initialize(to: input.base + (corners.offsets[row] + offset)) }
          } else {
            let (tapY, tapX) = (windowRow * window.dilationY, windowColumn * window.dilationX)
            for row in 0..<tileRows {
              let isInside = corners.isInside(row, tapY, tapX)
              (target + row).initialize(to: isInside ? input.base + (corners.offsets[row] + offset) : padding)
            }
          }
          target += tileRows
        }
      }
    }
    rest -= tileRows
  }
  return pointers.distance(to: target)
}

/// The window origins of a tile's output positions.
private struct TileCorners<Element: BitwiseCopyable> {
  private let window: ImageWindow
  private let input: InputImages<Element>
  private let outputHeight: Int
  private let outputWidth: Int
  /// The next output position.
  private var image: Int
  private var y: Int
  private var x: Int
  // Initialized by closures, which are inlined. `init(repeating:)` may become a separate function,
  // which the linker could take from any instruction set.
  /// The offsets of the first taps in the input, in elements. If a tile is partial, the offsets of
  /// missing positions repeat others.
  private(set) var offsets = InlineArray<12, Int> { _ in 0 }
  private var rows = InlineArray<12, Int> { _ in 0 }
  private var columns = InlineArray<12, Int> { _ in 0 }
  /// Whether all windows lie inside the image.
  private(set) var areInside = false

  @inline(always)
  init<Result>(
    _ pixel: Int, _ window: ImageWindow, _ input: InputImages<Element>, _ output: OutputImages<Result>
  ) {
    self.window = window
    self.input = input
    (outputHeight, outputWidth) = (output.height, output.width)
    let line: Int
    (line, x) = divide(pixel, by: output.width)
    (image, y) = divide(line, by: output.height)
  }

  /// Advances to the next tile, of `count` positions.
  @inline(always)
  mutating func locate(_ count: Int) {
    let lastY = input.height - 1 - (window.height - 1) * window.dilationY
    let lastX = input.width - 1 - (window.width - 1) * window.dilationX
    areInside = true
    for row in 0..<count {
      let firstY = y * window.strideY - window.padTop, firstX = x * window.strideX - window.padLeft
      (rows[row], columns[row]) = (firstY, firstX)
      offsets[row] = ((image * input.height + firstY) * input.width + firstX) * input.pixelStride
      if firstY < 0 || firstY > lastY || firstX < 0 || firstX > lastX { areInside = false }
      x += 1
      if x == outputWidth {
        x = 0
        y += 1
        if y == outputHeight {
          y = 0
          image += 1
        }
      }
    }
  }

  /// Returns whether a tap with this offset from the first lies inside the image.
  @inline(always)
  func isInside(_ row: Int, _ tapY: Int, _ tapX: Int) -> Bool {
    let (inputY, inputX) = (rows[row] + tapY, columns[row] + tapX)
    return inputY >= 0 && inputY < input.height && inputX >= 0 && inputX < input.width
  }
}

/// The maximum number of output positions in a block. The inputs of a block are read for one panel
/// of weights after the other. Inputs and panel stay in the second-level cache.
@inline(always)
var blockPixels: Int { 96 }

/// Divides output positions into blocks of similar sizes, which are multiples of whole tiles except
/// the last.
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
  /// Whether each output position reads exactly the pixel at its own position. The convolution is
  /// then a matrix product with contiguous pixels.
  ///
  /// Equal sizes are not sufficient: an image may be padded on one side and cropped on the other,
  /// as in the phases of transposed convolutions.
  @inline(always)
  func readsOwnPixel(inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int) -> Bool {
    height == 1 && width == 1 && strideY == 1 && strideX == 1 && padTop == 0 && padLeft == 0
      && inputHeight == outputHeight && inputWidth == outputWidth
  }
}
