import InfoldTensor

/// Pictures whose statistics are like those of photographs: smooth shapes of a certain size, with more red than blue.
public struct SyntheticPictures {
  public let side: Int
  /// Samples from 0 to 255, by picture, pixel and color.
  public private(set) var pictures: [[UInt8]] = []

  /// - Parameter cell: The size of shapes in pixels.
  public init(_ count: Int, side: Int, cell: Int = 6, seed: UInt64) throws {
    self.side = side
    var random = SplitMix64(seed: seed)
    let cells = side / cell + 2
    for _ in 0..<count {
      let grid: [Float] = try random.tensor([4 * cells * cells], in: 0...1).elements()
      var pixels: [UInt8] = []
      for y in 0..<side {
        for x in 0..<side {
          func value(_ plane: Int) -> Float {
            let (fy, fx) = (Float(y) / Float(cell), Float(x) / Float(cell))
            let (row, column) = (Int(fy), Int(fx))
            let (v, u) = (fy - Float(row), fx - Float(column))
            func corner(_ r: Int, _ c: Int) -> Float { grid[plane * cells * cells + (row + r) * cells + column + c] }
            let upper = (1 - u) * corner(0, 0) + u * corner(0, 1), lower = (1 - u) * corner(1, 0) + u * corner(1, 1)
            return (1 - v) * upper + v * lower
          }
          let light = value(3)
          // The mean of red is 0.55, and that of blue 0.3.
          let colors = [
            0.2 + 0.5 * light + 0.2 * value(0), 0.1 + 0.5 * light + 0.2 * value(1), 0.4 * light + 0.2 * value(2),
          ]
          pixels += colors.map { UInt8(min(max($0, 0), 1) * 255) }
        }
      }
      pictures.append(pixels)
    }
  }

  /// A picture as [1, 3, side, side], with (v − mean) / deviation.
  public func tensor(_ index: Int, mean: Float = 127.5, deviation: Float = 127.5) throws -> Tensor {
    let pixels = pictures[index], area = side * side
    let values = (0..<3).flatMap { color in
      (0..<area).map { (Float(pixels[$0 * 3 + color]) - mean) / deviation }
    }
    return try Tensor(shape: [1, 3, side, side], values)
  }
}
