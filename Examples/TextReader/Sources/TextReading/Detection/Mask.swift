/// A map of pixels that are set or not.
package struct Mask: Sendable {
  /// The width in pixels.
  package let width: Int
  /// The height in pixels.
  package let height: Int
  private var pixels: [Bool]

  /// Creates a mask from a predicate of pixel indices, in row-major order.
  package init(width: Int, height: Int, _ isSet: (_ index: Int) -> Bool) {
    self.width = width
    self.height = height
    pixels = (0..<(width * height)).map(isSet)
  }

  /// Whether a pixel is set. Pixels outside the map are not.
  package subscript(x: Int, y: Int) -> Bool {
    x >= 0 && x < width && y >= 0 && y < height && pixels[y * width + x]
  }

  /// The mask dilated by one pixel: a pixel is set if it is set already, or its neighbor to the
  /// left, above, or diagonally above left is.
  package var dilated: Mask {
    Mask(width: width, height: height) { index in
      let (y, x) = index.quotientAndRemainder(dividingBy: width)
      return self[x, y] || self[x - 1, y] || self[x, y - 1] || self[x - 1, y - 1]
    }
  }

  /// The connected components: sets of pixels that touch at sides or corners. Each is represented
  /// by the first and last pixels of its horizontal runs.
  package var components: [[Point]] {
    var components: [[Point]] = []
    var rest = self
    for start in pixels.indices where rest.pixels[start] {
      var component: [Point] = []
      var open = [start]
      rest.pixels[start] = false
      while let index = open.popLast() {
        let (y, x) = index.quotientAndRemainder(dividingBy: width)
        if !self[x - 1, y] || !self[x + 1, y] { component.append(Point(Double(x), Double(y))) }
        for row in (y - 1)...(y + 1) {
          for column in (x - 1)...(x + 1) where rest[column, row] {
            rest.pixels[row * width + column] = false
            open.append(row * width + column)
          }
        }
      }
      components.append(component)
    }
    return components
  }
}
