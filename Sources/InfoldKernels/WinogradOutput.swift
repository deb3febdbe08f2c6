import InfoldKernelInterface

/// The products of a block, to be transformed into output tiles, ordered by position, tile and
/// column.
struct WinogradOutput {
  let base: UnsafePointer<Float>
  /// The distance between positions in floats.
  let positionStride: Int
  /// The distance between tiles in floats.
  let tileStride: Int
  let images: OutputImages<Float>
  let epilogue: Epilogue
  /// Space for as many vectors as an input tile has pixels.
  let rows: UnsafeMutablePointer<Vector>

  /// Transforms a tile whose first pixel is at (`y`, `x`), and writes the part inside the image.
  @inline(__always)
  func transform(tile size: Int, image: Int, y: Int, x: Int, tile: Int, columns: Range<Int>) {
    let source = base + tile * tileStride
    let pixel = (image * images.height + y) * images.width + x
    let (height, width) = (min(size, images.height - y), min(size, images.width - x))
    switch size {
    case 2: transform2(source, pixel, height, width, columns.lowerBound, columns.upperBound)
    case 4: transform4(source, pixel, height, width, columns.lowerBound, columns.upperBound)
    default: transform6(source, pixel, height, width, columns.lowerBound, columns.upperBound)
    }
  }

  @inline(never)
  private func transform2(_ source: UnsafePointer<Float>, _ pixel: Int, _ h: Int, _ w: Int, _ begin: Int, _ end: Int) {
    transform(2, source, pixel, h, w, begin, end) {
      (m: InlineArray<4, Vector>) -> InlineArray<2, Vector> in WinogradTransform.output2(m)
    }
  }
  @inline(never)
  private func transform4(_ source: UnsafePointer<Float>, _ pixel: Int, _ h: Int, _ w: Int, _ begin: Int, _ end: Int) {
    transform(4, source, pixel, h, w, begin, end) {
      (m: InlineArray<6, Vector>) -> InlineArray<4, Vector> in WinogradTransform.output4(m)
    }
  }
  @inline(never)
  private func transform6(_ source: UnsafePointer<Float>, _ pixel: Int, _ h: Int, _ w: Int, _ begin: Int, _ end: Int) {
    transform(6, source, pixel, h, w, begin, end) {
      (m: InlineArray<8, Vector>) -> InlineArray<6, Vector> in WinogradTransform.output6(m)
    }
  }

  @inline(__always)
  private func transform<let count: Int, let outputCount: Int>(
    _ tile: Int, _ source: UnsafePointer<Float>, _ pixel: Int, _ height: Int, _ width: Int, _ begin: Int, _ end: Int,
    _ transformed: (InlineArray<count, Vector>) -> InlineArray<outputCount, Vector>
  ) {
    let size = tile &+ 2
    var column = begin
    while column < end {
      for inner in 0..<size {
        var m = InlineArray<count, Vector>(repeating: .zero)
        var place = source + (inner &* positionStride &+ column &- begin)
        for outer in 0..<size {
          m[outer] = Vector(at: place)
          place += size &* positionStride
        }
        let y = transformed(m)
        for outer in 0..<tile { rows[outer &* size &+ inner] = y[outer] }
      }
      let lanes = min(Vector.scalarCount, end &- column)
      let bias = epilogue.bias.map { Vector(at: $0 + column, count: lanes) } ?? .zero
      for row in 0..<height {
        var m = InlineArray<count, Vector>(repeating: .zero)
        for inner in 0..<size { m[inner] = rows[row &* size &+ inner] }
        let y = transformed(m)
        let first = pixel &+ row &* images.width
        if lanes == Vector.scalarCount, width == tile, let clamp {
          var place = images.base + (first &* images.pixelStride &+ column)
          if let residual = epilogue.residual {
            var addends = residual + (first &* epilogue.residualPixelStride &+ column)
            for inner in 0..<tile {
              clip(y[inner] + bias + Vector(at: addends), clamp.low, clamp.high).store(at: place)
              place += images.pixelStride
              addends += epilogue.residualPixelStride
            }
          } else {
            for inner in 0..<tile {
              clip(y[inner] + bias, clamp.low, clamp.high).store(at: place)
              place += images.pixelStride
            }
          }
        } else {
          for inner in 0..<tile { rows[row &* size &+ inner] = y[inner] + bias }
        }
      }
      if lanes < Vector.scalarCount || width < tile || clamp == nil {
        finish(height: height, size: size, pixel: pixel, width: width, column: column, lanes: lanes)
      }
      column &+= Vector.scalarCount
    }
  }

  /// The bounds, if only clipping remains to be done after the residual.
  @inline(__always)
  private var clamp: (low: Float, high: Float)? {
    switch epilogue.activation.function {
    case .identity: (-.infinity, .infinity)
    case .clip where epilogue.residual == nil || !epilogue.activatesFirst:
      (epilogue.activation.a, epilogue.activation.b)
    default: nil
    }
  }

  /// Finishes a tile in the general case.
  @inline(never)
  private func finish(height: Int, size: Int, pixel: Int, width: Int, column: Int, lanes: Int) {
    let numbers = UnsafeMutableRawPointer(rows).assumingMemoryBound(to: Float.self)
    @inline(always)
    func addResidual() {
      guard let residual = epilogue.residual else { return }
      forEachVector(height, size, pixel, width) { place, pixel in
        rows[place] += Vector(at: residual + (pixel &* epilogue.residualPixelStride &+ column), count: lanes)
      }
    }
    if !epilogue.activatesFirst { addResidual() }
    epilogue.activation.apply(
      FunctionRows(
        inPlace: numbers, stride: size &* Vector.scalarCount, rows: height, columns: width &* Vector.scalarCount))
    if epilogue.activatesFirst { addResidual() }
    forEachVector(height, size, pixel, width) { place, pixel in
      rows[place].store(at: images.base + (pixel &* images.pixelStride &+ column), count: lanes)
    }
  }

  /// Calls `body` for each pixel of a tile, with its position in `rows` and its index in the image.
  @inline(always)
  private func forEachVector(_ height: Int, _ size: Int, _ pixel: Int, _ width: Int, _ body: (Int, Int) -> Void) {
    for row in 0..<height {
      for x in 0..<width { body(row &* size &+ x, pixel &+ row &* images.width &+ x) }
    }
  }
}
