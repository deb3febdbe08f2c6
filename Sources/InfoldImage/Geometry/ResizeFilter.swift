/// The weights that `Picture.resized` gives to the source pixels around a position.
///
/// When a picture shrinks, all filters but `nearest` are widened by the same factor, so that every
/// source pixel contributes (antialiasing).
public enum ResizeFilter: String, Sendable, Hashable, Codable, CaseIterable {
  /// The source pixel that contains the center of the new pixel.
  case nearest
  /// Equal weights.
  case box
  /// Linear weights (a triangle).
  case bilinear
  /// Keys' cubic convolution with a = −0.5 ("Cubic convolution interpolation for digital image
  /// processing", 1981).
  case bicubic
  /// A sinc with a sinc window of three lobes.
  case lanczos
}

extension ResizeFilter {
  /// Half the width of the filter in source pixels, if the picture does not shrink.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight of a pixel at distance `x`, before the weights are normalized to the sum 1.
  func weight(at x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest, .box:
      // Half open, so that a pixel between two boxes counts once.
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
