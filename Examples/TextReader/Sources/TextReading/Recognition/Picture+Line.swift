import Infold
import InfoldImage

extension Picture {
  /// Extracts the line of text in a box as a picture that runs from left to right. Parts of the box
  /// outside the picture are filled with the nearest pixel.
  package func line(in box: Quadrilateral) throws(InfoldError) -> Picture {
    let width = max(1, Int(box.width)), height = max(1, Int(box.height))
    var line: [UInt8] = []
    line.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let color = sample(at: box.point(Double(x) / Double(width), Double(y) / Double(height)))
        for channel in 0..<3 { line.append(UInt8(min(max(color[channel].rounded(), 0), 255))) }
      }
    }
    return try Picture(width: width, height: height, pixels: line)
  }

  /// The color at a point, by cubic convolution along both axes.
  private func sample(at point: Point) -> SIMD3<Float> {
    let start = point.rounded(.down)
    let (rows, columns) = (cubicWeights(point.y - start.y), cubicWeights(point.x - start.x))
    var color = SIMD3<Float>.zero
    for row in 0..<4 {
      let y = min(max(Int(start.y) + row - 1, 0), height - 1)
      for column in 0..<4 {
        let x = min(max(Int(start.x) + column - 1, 0), width - 1)
        let index = (y * width + x) * 3
        let pixel = SIMD3(Float(pixels[index]), Float(pixels[index + 1]), Float(pixels[index + 2]))
        color += pixel * (rows[row] * columns[column])
      }
    }
    return color
  }
}

/// The weights of the pixels at −1, 0, 1 and 2 for a point at `share` (Keys, "Cubic convolution
/// interpolation for digital image processing", 1981, with a = −0.75).
private func cubicWeights(_ share: Double) -> SIMD4<Float> {
  func near(_ x: Double) -> Double { (1.25 * x - 2.25) * x * x + 1 }
  func far(_ x: Double) -> Double { ((-0.75 * x + 3.75) * x - 6) * x + 3 }
  return SIMD4(SIMD4<Double>(far(1 + share), near(share), near(1 - share), far(2 - share)))
}
