import CMachine
import InfoldKernelInterface

/// The transformed input tiles of a block, ordered by position, tile and channel.
struct WinogradInput {
  let base: UnsafeMutablePointer<Float>
  /// The distance between positions in floats.
  let positionStride: Int
  /// The distance between tiles in floats: the channels, padded to whole vectors.
  let tileStride: Int
  let channels: Int
  /// Space for as many pointers as a tile has pixels.
  let pixels: UnsafeMutablePointer<UnsafePointer<Float>>
  /// Space for as many vectors as a tile has pixels, between the transforms of columns and of rows.
  let columns: UnsafeMutablePointer<Vector>
  /// A second space of the same size.
  let copies: UnsafeMutablePointer<Vector>
  /// Zeros for all channels.
  let zeros: UnsafePointer<Float>

  /// Transforms a tile whose first pixel is at (`y`, `x`), possibly outside of the image.
  /// - Parameters:
  ///   - rows: The rows of the output tile that lie inside the image.
  ///   - columns: The columns of the output tile that lie inside the image.
  /// - Returns: Whether the tile is uneven, so that its outputs must be computed directly.
  @inline(__always)
  func transform(
    size: Int, images: InputImages<Float>, image: Int, y: Int, x: Int, tile: Int, rows: Int, columns: Int
  ) -> Bool {
    locatePixels(size: size, images: images, image: image, y: y, x: x)
    prefetch(size: size, images: images, image: image, y: y, x: x)
    let target = base + tile * tileStride
    let whole = channels / Vector.scalarCount * Vector.scalarCount
    var samples = WinogradSamples(size: size, rows: rows, columns: columns)
    transform(size: size, channels: whole, to: target)
    samples.add(pixels, channels: whole)
    if whole < channels {
      for index in 0..<(size * size) {
        copies[index] = Vector(at: pixels[index] + whole, count: channels - whole)
        pixels[index] = UnsafeRawPointer(copies + index).assumingMemoryBound(to: Float.self)
      }
      transform(size: size, channels: Vector.scalarCount, to: target + whole)
      samples.add(pixels, channels: Vector.scalarCount)
    }
    let energy = energy(size: size, target)
    guard seemsUneven(size: size, energy: energy, samples) else { return false }
    return isUneven(
      size: size, energy: energy, images: images, image: image, y: y, x: x, rows: rows, columns: columns)
  }

  /// Writes the addresses of a tile's pixels. Pixels outside of the image get `zeros`.
  @inline(__always)
  func locatePixels(size: Int, images: InputImages<Float>, image: Int, y: Int, x: Int) {
    var pixel = pixels
    for inputY in y..<(y + size) {
      let isInside = inputY >= 0 && inputY < images.height
      let line = (image * images.height + inputY) * images.width
      for inputX in x..<(x + size) {
        pixel.initialize(
          to: isInside && inputX >= 0 && inputX < images.width
            ? images.base + (line + inputX) * images.pixelStride : zeros)
        pixel += 1
      }
    }
  }

  /// Prefetches the pixels of the tile on the right that this tile does not share. The hardware
  /// prefetcher does not recognize the access pattern of tiles.
  @inline(__always)
  private func prefetch(size: Int, images: InputImages<Float>, image: Int, y: Int, x: Int) {
    let columns = min(x + size, images.width)..<min(x + 2 * size - 2, images.width)
    for inputY in y..<(y + size) where inputY >= 0 && inputY < images.height {
      let line = (image * images.height + inputY) * images.width
      var place = images.base + (line + columns.lowerBound) * images.pixelStride
      let end = images.base + (line + columns.upperBound) * images.pixelStride
      while place < end {
        infold_prefetch(place)
        place += WeightPrefetch.line
      }
    }
  }

  @inline(__always)
  private func transform(size: Int, channels: Int, to target: UnsafeMutablePointer<Float>) {
    switch size {
    case 4: transform4(channels, target)
    case 6: transform6(channels, target)
    default: transform8(channels, target)
    }
  }

  @inline(never)
  private func transform4(_ channels: Int, _ target: UnsafeMutablePointer<Float>) {
    transform(size: 4, channels, target) { (x: InlineArray<4, Vector>) in WinogradTransform.input2(x) }
  }
  @inline(never)
  private func transform6(_ channels: Int, _ target: UnsafeMutablePointer<Float>) {
    transform(size: 6, channels, target) { (x: InlineArray<6, Vector>) in WinogradTransform.input4(x) }
  }
  @inline(never)
  private func transform8(_ channels: Int, _ target: UnsafeMutablePointer<Float>) {
    transform(size: 8, channels, target) { (x: InlineArray<8, Vector>) in WinogradTransform.input6(x) }
  }

  @inline(__always)
  private func transform<let count: Int>(
    size: Int, _ channels: Int, _ target: UnsafeMutablePointer<Float>,
    _ transformed: (InlineArray<count, Vector>) -> InlineArray<count, Vector>
  ) {
    var channel = 0
    while channel < channels {
      for column in 0..<size {
        var x = InlineArray<count, Vector>(repeating: .zero)
        for row in 0..<size { x[row] = Vector(at: pixels[row &* size &+ column] + channel) }
        let y = transformed(x)
        for row in 0..<size { columns[row &* size &+ column] = y[row] }
      }
      for row in 0..<size {
        var x = InlineArray<count, Vector>(repeating: .zero)
        for column in 0..<size { x[column] = columns[row &* size &+ column] }
        let y = transformed(x)
        var place = target + (row &* size &* positionStride &+ channel)
        for column in 0..<size {
          y[column].store(at: place)
          place += positionStride
        }
      }
      channel &+= Vector.scalarCount
    }
  }
}
