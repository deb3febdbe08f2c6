/// The expected mean, deviation and range of each channel of a value.
package struct ChannelMoments: Sendable, Hashable {
  /// The means.
  package var mean: [Double]
  /// The standard deviations.
  package var deviation: [Double]
  /// The range of each channel.
  package var reach: [ClosedRange<Double>]
  /// Whether the deviations are rough estimates because channels were assumed to be independent.
  package var isEstimated = false

  /// The number of standard deviations that a range extends to either side of the mean (Nagel et
  /// al., arXiv 1906.04721, section 4.2).
  package static let defaultDeviations = 6.0
  /// The same for estimated deviations.
  package static let estimatedDeviations = 8.0

  /// Creates the moments of normally distributed numbers.
  package init(mean: [Double], deviation: [Double], isEstimated: Bool = false) {
    self.mean = mean
    self.deviation = deviation
    self.isEstimated = isEstimated
    let width = isEstimated ? Self.estimatedDeviations : Self.defaultDeviations
    reach = zip(mean, deviation).map { Self.ordered($0 - width * $1, $0 + width * $1) }
  }

  /// Returns the range between two numbers in either order; the whole line if one is NaN.
  private static func ordered(_ a: Double, _ b: Double) -> ClosedRange<Double> {
    a <= b ? a...b : b <= a ? b...a : -.infinity ... .infinity
  }

  /// The number of channels.
  package var count: Int { mean.count }

  /// The range over all channels; 0...0 without channels.
  package var range: ClosedRange<Double> {
    let lower = reach.map(\.lowerBound).min() ?? 0, upper = reach.map(\.upperBound).max() ?? 0
    return lower...upper
  }

  /// Whether every number is finite.
  var isFinite: Bool {
    mean.allSatisfy(\.isFinite) && deviation.allSatisfy(\.isFinite)
      && reach.allSatisfy { $0.lowerBound.isFinite && $0.upperBound.isFinite }
  }

  /// Returns the moments after clipping.
  package func bounded(_ lower: Double, _ upper: Double) -> ChannelMoments {
    var result = self
    for channel in mean.indices {
      let clipped = ClippedNormal(mean: mean[channel], deviation: deviation[channel], lower: lower, upper: upper)
      result.mean[channel] = clipped.mean
      result.deviation[channel] = clipped.deviation
      result.reach[channel] = reach[channel].clamped(to: lower...upper)
    }
    return result
  }

  /// Returns the moments of scale · x + offset for each channel.
  func mapped(scale: [Double], offset: [Double]) -> ChannelMoments {
    var result = self
    for channel in mean.indices {
      let (a, b) = (scale[channel], offset[channel])
      result.mean[channel] = a * mean[channel] + b
      result.deviation[channel] = a.magnitude * deviation[channel]
      result.reach[channel] = Self.ordered(reach[channel].lowerBound * a + b, reach[channel].upperBound * a + b)
    }
    return result
  }

  /// Returns the moments of the sum of two independent values.
  func adding(_ other: ChannelMoments) -> ChannelMoments {
    ChannelMoments(
      mean: zip(mean, other.mean).map(+),
      deviation: zip(deviation, other.deviation).map { ($0 * $0 + $1 * $1).squareRoot() },
      isEstimated: isEstimated || other.isEstimated)
  }

  /// Returns the moments of values concatenated along the channel axis.
  static func joined(_ parts: [ChannelMoments]) -> ChannelMoments {
    var result = ChannelMoments(mean: parts.flatMap(\.mean), deviation: parts.flatMap(\.deviation))
    result.reach = parts.flatMap(\.reach)
    result.isEstimated = parts.contains { $0.isEstimated }
    return result
  }
}
