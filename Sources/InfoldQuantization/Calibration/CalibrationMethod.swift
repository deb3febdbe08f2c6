import InfoldSystem

/// How the range of a quantized value is determined.
public enum CalibrationMethod: Sendable, Hashable {
  /// From the smallest to the largest observed number.
  case minmax
  /// A range that covers this percentage of the observed numbers, with equally many cut off at
  /// each end.
  case percentile(Double)
  /// The range with the smallest mean squared error of rounding and clipping.
  case meanSquaredError

  func check() throws(InfoldError) {
    guard case .percentile(let percentage) = self else { return }
    guard percentage > 50, percentage <= 100 else {
      throw InfoldError(.invalidArgument, "the percentile is \(percentage), but must be above 50 and at most 100")
    }
  }

  /// Returns the range for the observed numbers.
  func range(_ histogram: Histogram, within seen: ClosedRange<Double>) -> ClosedRange<Double> {
    switch self {
    case .minmax: seen
    case .percentile(let percentage): histogram.range(leavingOut: 1 - percentage / 100)?.clamped(to: seen) ?? seen
    case .meanSquaredError: ErrorMinimization(histogram, within: seen).range
    }
  }
}
