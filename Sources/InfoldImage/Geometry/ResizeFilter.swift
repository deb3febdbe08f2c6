/// How `Picture.resized` weighs the pixels around a point.
///
/// All but `nearest` are widened by the factor of reduction, so that every pixel of the source counts (antialiasing).
public enum ResizeFilter: String, Sendable, Hashable, Codable, CaseIterable {
  /// The pixel that the center of the new pixel falls into.
  case nearest
  /// Equal weights.
  case box
  /// A triangle.
  case bilinear
  /// Keys' cubic convolution with a = −0.5 ("Cubic convolution interpolation for digital image processing", 1981).
  case bicubic
  /// A sinc under a sinc window three lobes wide.
  case lanczos
}

extension ResizeFilter {
  /// Half the width of the filter, in source pixels, when nothing is reduced.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight of a pixel at distance `x`, before all weights are scaled to the sum 1.
  func weight(at x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest, .box:
      // Half open, so that a pixel on the edge of two boxes counts once.
      return x > -support && x <= support ? 1 : 0
    case .bilinear:
      return max(0, 1 - distance)
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
      return 0
    case .lanczos:
      return distance < support ? sinc(x) * sinc(x / support) : 0
    }
  }
}

private func sinc(_ x: Double) -> Double {
  x == 0 ? 1 : Double.sin(x * .pi) / (x * .pi)
}
