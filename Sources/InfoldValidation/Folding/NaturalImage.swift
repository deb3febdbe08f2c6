import InfoldSystem
import InfoldTensor

extension Tensor {
  /// Creates random numbers with the statistics of natural images. Their amplitude spectrum falls
  /// as 1/f, so that every octave of scales has the same variance (Field, "Relations between the
  /// statistics of natural images and the response properties of cortical cells", 1987), and their
  /// color channels are correlated.
  ///
  /// For each scale 1, 2, 4, … up to the size of the image, noise on a grid of that spacing is
  /// interpolated linearly. The scales are summed. Nine tenths of the variance are common to all
  /// channels. The result has mean 0 and standard deviation ½, as most networks expect of their
  /// pixels, and is clamped to ±2.
  ///
  /// Height and width are the last two dimensions, or the two before a last dimension of at most 4
  /// channels. Tensors that are not floating point, or have fewer than 3 dimensions, are filled as
  /// by `init(random:of:using:)`.
  /// - Throws: The errors of `init(random:of:using:)`.
  public init(
    naturalImage shape: [Int], of elementType: ElementType, using generator: inout SplitMix64
  ) throws(InfoldError) {
    guard elementType.isFloatingPoint, shape.count >= 3 else {
      self = try Tensor(random: shape, of: elementType, using: &generator)
      return
    }
    let isChannelLast = shape.count == 4 && shape[3] <= 4 && shape[1] > 4
    let axes = isChannelLast ? (1, 2, 3) : (shape.count - 2, shape.count - 1, shape.count - 3)
    let (height, width, channels) = (shape[axes.0], shape[axes.1], shape[axes.2])
    var result = try Tensor(zeros: shape, of: .float32)
    let plane = height * width
    guard result.count > 0 else {
      self = try result.converted(to: elementType)
      return
    }
    try result.withMutableSpan(as: Float.self) { pixels in
      for picture in 0..<(pixels.count / (plane * channels)) {
        let common = Self.smoothNoise(height, width, &generator)
        for channel in 0..<channels {
          let own = Self.smoothNoise(height, width, &generator)
          for index in 0..<plane {
            let value = 0.5 * (0.9.squareRoot() * common[index] + 0.1.squareRoot() * own[index])
            let place =
              isChannelLast
              ? (picture * plane + index) * channels + channel : (picture * channels + channel) * plane + index
            pixels[place] = Float(min(max(value, -2), 2))
          }
        }
      }
    }
    self = try result.converted(to: elementType)
  }

  /// Noise at every scale, with mean 0 and standard deviation 1.
  private static func smoothNoise(_ height: Int, _ width: Int, _ generator: inout SplitMix64) -> [Double] {
    var sum = [Double](repeating: 0, count: height * width)
    var scale = 1
    while scale <= max(height, width) {
      let (rows, columns) = ((height - 1) / scale + 2, (width - 1) / scale + 2)
      let grid = (0..<(rows * columns)).map { _ in Double(Int64(bitPattern: generator.next())) * 0x1p-63 }
      var layer = [Double](repeating: 0, count: sum.count)
      for y in 0..<height {
        let (row, rowShare) = (y / scale, Double(y % scale) / Double(scale))
        for x in 0..<width {
          let (column, share) = (x / scale, Double(x % scale) / Double(scale))
          let first = row * columns + column, second = first + columns
          let above = grid[first] + (grid[first + 1] - grid[first]) * share
          let below = grid[second] + (grid[second + 1] - grid[second]) * share
          layer[y * width + x] = above + (below - above) * rowShare
        }
      }
      let deviation = max(standardize(&layer), 0)
      if deviation > 0 {
        for index in sum.indices { sum[index] += layer[index] }
      }
      scale *= 2
    }
    standardize(&sum)
    return sum
  }

  /// Normalizes the numbers to mean 0 and standard deviation 1. Constant numbers become 0.
  /// - Returns: The standard deviation before.
  @discardableResult
  private static func standardize(_ numbers: inout [Double]) -> Double {
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)).squareRoot()
    for index in numbers.indices { numbers[index] = deviation > 0 ? (numbers[index] - mean) / deviation : 0 }
    return deviation
  }
}
