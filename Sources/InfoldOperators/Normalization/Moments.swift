import InfoldSystem
import InfoldTensor

/// The mean and population variance of some elements, computed in `Double` in two passes.
///
/// The second pass corrects the mean of the first. If squares would overflow or lose precision in
/// `Double`, the numbers are first scaled by a power of two.
struct Moments {
  /// The mean, Σ x ÷ M. NaN if there are no elements.
  let mean: Double
  /// The scale factor of the numbers, almost always 1.
  private let unit: Double
  /// The mean and the variance of the scaled numbers.
  private let scaledMean, scaledVariance: Double

  /// Computes the moments of `blocks` blocks of `length` elements each. The first block begins at
  /// `start`; the distance between blocks is `stride`.
  init<Element: FloatingPointElement>(
    _ x: borrowing Span<Element>, from start: Int, blocks: Int = 1, stride: Int = 0, length: Int
  ) {
    var unit = 1.0
    if Element.self == Double.self {
      var largest = 0.0
      for block in 0..<blocks {
        let first = start + block * stride
        for index in first..<(first + length) { largest = max(largest, Double(x[index].magnitude)) }
      }
      unit = .unitForSquares(upTo: largest)
    }
    let count = Double(blocks * length)
    var sum = 0.0
    for block in 0..<blocks {
      let first = start + block * stride
      for index in first..<(first + length) { sum += Double(x[index]) * unit }
    }
    let near = sum / count
    var (difference, squares) = (0.0, 0.0)
    for block in 0..<blocks {
      let first = start + block * stride
      for index in first..<(first + length) {
        let deviation = Double(x[index]) * unit - near
        difference += deviation
        squares += deviation * deviation
      }
    }
    let correction = difference / count
    let variance = squares / count - correction * correction
    self.unit = unit
    scaledMean = near + correction
    scaledVariance = variance < 0 ? 0 : variance
    mean = scaledMean / unit
  }

  /// The variance, Σ (x − mean)² ÷ M. NaN if there are no elements.
  var variance: Double { scaledVariance / unit / unit }

  /// Returns 1 ÷ √(variance + epsilon).
  func inverseDeviation(_ epsilon: Float) -> Double { unit / scaledDeviation(epsilon) }

  /// Returns (x − mean) ÷ √(variance + epsilon).
  func normalized(_ x: Double, _ epsilon: Float) -> Double { (x * unit - scaledMean) / scaledDeviation(epsilon) }

  private func scaledDeviation(_ epsilon: Float) -> Double {
    guard unit != 1, epsilon > 0 else { return (scaledVariance + Double(epsilon)).squareRoot() }
    return .hypot(scaledVariance.squareRoot(), Double(epsilon).squareRoot() * unit)
  }
}

extension Double {
  /// Returns a power of two such that the squares of the selected elements of x, scaled by it,
  /// neither overflow nor lose significant digits. The result is 1 unless scaling is necessary.
  static func unitForSquares<Element: FloatingPointElement>(
    of x: borrowing Span<Element>, at places: some Sequence<Int>
  ) -> Double {
    var largest = 0.0
    for place in places { largest = max(largest, Double(x[place].magnitude)) }
    return unitForSquares(upTo: largest)
  }

  /// Returns the scale factor for numbers of magnitude up to `largest`.
  static func unitForSquares(upTo largest: Double) -> Double {
    guard largest.isFinite, largest != 0, !(0x1p-400...0x1p+400).contains(largest) else { return 1 }
    return Double(sign: .plus, exponent: max(-1000, min(1000, -largest.exponent)), significand: 1)
  }
}

extension Tensor {
  /// Normalizes each group of channels in each instance of a tensor [N, C, D1, …] by its moments,
  /// and applies a scale and a bias.
  /// - Parameter parameter: Returns the index of the scale and bias of a channel in a group. Groups
  ///   and channels are counted across all instances.
  @inline(__always)
  func normalized<Element: FloatingPointElement>(
    groups: Int, scale: Tensor, bias: Tensor, _ epsilon: Float, in _: Element.Type,
    parameter: (_ group: Int, _ channel: Int) -> Int
  ) throws(InfoldError) -> Tensor {
    let scale: [Element] = try scale.elements(), bias: [Element] = try bias.elements()
    return try rewritten { (x: borrowing Span<Element>, y) in
      let inner = x.count / (shape[0] * shape[1]), channelsPerGroup = shape[1] / groups
      let length = channelsPerGroup * inner
      for group in 0..<(x.count / length) {
        let moments = Moments(x, from: group * length, length: length)
        for channel in (group * channelsPerGroup)..<((group + 1) * channelsPerGroup) {
          let place = parameter(group, channel)
          for index in (channel * inner)..<((channel + 1) * inner) {
            y[index] = scale[place] * Element(moments.normalized(Double(x[index]), epsilon)) + bias[place]
          }
        }
      }
    }
  }
}
