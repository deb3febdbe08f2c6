/// Adjacent windows with the same number of elements inside the image.
struct WindowRun {
  /// The first element of the first window.
  private let input: UnsafePointer<Float>
  /// The rows of a window, and the distance between them.
  private let rows: Int
  private let rowStride: Int
  /// The elements in each row, and the distance between them.
  private let columns: Int
  private let columnStride: Int
  /// The distance between the elements of a window with three in one row or column, which is the
  /// most common case.
  private let stepOfThree: Int?
  /// The first result.
  private let output: UnsafeMutablePointer<Float>
  /// The distances between windows and between results.
  private let inputStride: Int
  private let outputStride: Int
  private let windows: Int
  /// The numbers of each result.
  private let length: Int

  /// Creates a run. Windows whose distance equals their number of channels are merged into a single
  /// longer one.
  @inline(always)
  init(
    _ input: UnsafePointer<Float>, rows: Int, rowStride: Int, columns: Int, columnStride: Int, inputStride: Int,
    to output: UnsafeMutablePointer<Float>, outputStride: Int, windows: Int, channels: Int
  ) {
    self.input = input
    self.rows = rows
    self.rowStride = rowStride
    self.columns = columns
    self.columnStride = columnStride
    stepOfThree = rows &* columns != 3 ? nil : rows == 3 ? rowStride : columnStride
    self.output = output
    self.inputStride = inputStride
    self.outputStride = outputStride
    let isDense = inputStride == channels && outputStride == channels
    self.windows = isDense ? 1 : windows
    length = isDense ? windows &* channels : channels
  }

  /// Reduces each window, channel by channel. `begin` takes its first element, `combine` adds the
  /// other elements one after the other, and the result of `finish` is written.
  @inline(always)
  func reduce(
    _ begin: (Vector) -> Vector, _ combine: (Vector, Vector) -> Vector, _ finish: (Vector) -> Vector
  ) {
    let width = Vector.scalarCount
    for window in 0..<windows {
      let (x, y) = (input + window &* inputStride, output + window &* outputStride)
      var index = 0
      while index <= length &- 4 &* width {
        var results = InlineArray<4, Vector> { begin(Vector(at: x + (index &+ $0 &* width))) }
        forEachFurtherElement(x + index) { element in
          for vector in 0..<4 {
            results[vector] = combine(results[vector], Vector(at: element + vector &* width))
          }
        }
        for vector in 0..<4 { finish(results[vector]).store(at: y + (index &+ vector &* width)) }
        index &+= 4 &* width
      }
      if length < width {
        finish(reduce(x, count: length, begin, combine)).store(at: y, count: length)
      }
      while length >= width && index < length {
        // The last vector is full and recomputes some lanes of the one before.
        let place = min(index, length &- width)
        finish(reduce(x + place, count: width, begin, combine)).store(at: y + place)
        index &+= width
      }
    }
  }

  /// Reduces the first `count` numbers of one vector, at most its size.
  @inline(always)
  private func reduce(
    _ first: UnsafePointer<Float>, count: Int, _ begin: (Vector) -> Vector, _ combine: (Vector, Vector) -> Vector
  ) -> Vector {
    var result = begin(Vector(at: first, count: count))
    forEachFurtherElement(first) { element in result = combine(result, Vector(at: element, count: count)) }
    return result
  }

  /// Calls `body` with the addresses of a window's elements except the first, row by row.
  @inline(always)
  private func forEachFurtherElement(_ first: UnsafePointer<Float>, _ body: (UnsafePointer<Float>) -> Void) {
    if let step = stepOfThree {
      body(first + step)
      body(first + 2 &* step)
      return
    }
    var column = 1
    for row in 0..<rows {
      var element = first + (row &* rowStride &+ column &* columnStride)
      while column < columns {
        body(element)
        element += columnStride
        column &+= 1
      }
      column = 0
    }
  }
}
