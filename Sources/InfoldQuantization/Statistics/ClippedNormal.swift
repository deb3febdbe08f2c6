internal import RealModule

/// The distribution of normally distributed numbers that are clipped to an interval, as by Relu and
/// Clip.
package struct ClippedNormal: Sendable, Hashable {
  /// The mean.
  package let mean: Double
  /// The standard deviation.
  package let deviation: Double

  /// Computes the moments of min(max(x, lower), upper) for a normally distributed x (Nagel et al.,
  /// arXiv 1906.04721, appendix C).
  /// - Parameters:
  ///   - mean: The mean of x.
  ///   - deviation: The standard deviation of x; 0 for a constant.
  ///   - lower: The lower bound, which may be infinite.
  ///   - upper: The upper bound, which may be infinite and is not below the lower one.
  package init(mean: Double, deviation: Double, lower: Double, upper: Double) {
    func bounded(_ x: Double) -> Double { min(max(x, lower), upper) }
    guard deviation > 0 else {
      self.mean = bounded(mean)
      self.deviation = 0
      return
    }
    // The bounds in standard deviations from the mean.
    let a = (lower - mean) / deviation, b = (upper - mean) / deviation
    let below = Self.share(below: a), above = Self.share(below: -b)
    let inside = max(1 - below - above, 0), densities = (Self.density(a), Self.density(b))
    func times(_ bound: Double, _ weight: Double) -> Double { weight == 0 ? 0 : bound * weight }
    let first = times(a, below) + times(b, above) + densities.0 - densities.1
    let second =
      times(a, times(a, below)) + times(b, times(b, above)) + inside + times(a, densities.0) - times(b, densities.1)
    self.mean = bounded(mean + deviation * first)
    self.deviation = deviation * max(second - first * first, 0).squareRoot()
  }

  private static func share(below x: Double) -> Double {
    x == -.infinity ? 0 : x == .infinity ? 1 : Double.erfc(-x / 2.0.squareRoot()) / 2
  }

  private static func density(_ x: Double) -> Double {
    x.isFinite ? Double.exp(-x * x / 2) / (2 * Double.pi).squareRoot() : 0
  }
}

extension ClippedNormal {
  /// Returns the density of the standard normal distribution, up to a constant factor.
  static func weight(_ x: Double) -> Double { Double.exp(-x * x / 2) }
}
