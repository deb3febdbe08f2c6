import RealModule

/// The Kullback–Leibler divergence of normal distributions.
enum NormalDivergence {
  /// The largest divergence. It keeps sums finite if a channel has a tiny stored variance.
  private static let limit = 1e12

  /// Returns the divergence of N(μ, σ²) from N(μ₀, σ₀²) in nats: ½ (σ²/σ₀² − 1 − ln(σ²/σ₀²) + ((μ −
  /// μ₀)/σ₀)²).
  /// - Parameters:
  ///   - shift: (μ − μ₀) / σ₀.
  ///   - ratio: σ² / σ₀².
  static func value(shift: Double, ratio: Double) -> Double {
    guard ratio > 0 else { return limit }
    let value = (ratio - 1 - Double.log(ratio) + shift * shift) / 2
    return value.isNaN ? limit : min(max(value, 0), limit)
  }

  /// Returns the mean without the largest twentieth, so that a few nearly constant channels do not
  /// dominate. `nil` for no values.
  static func trimmedMean(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let count = values.count - values.count / 20
    return values.sorted().prefix(count).reduce(0, +) / Double(count)
  }
}
