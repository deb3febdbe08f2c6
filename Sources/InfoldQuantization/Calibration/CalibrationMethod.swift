import InfoldSystem

/// How the range that a quantized value covers is found.
public enum CalibrationMethod: Sendable, Hashable {
  /// From the least number seen to the greatest.
  case minmax
  /// The same without the outermost numbers: what is left is this percentage of them.
  case percentile(Double)
  /// The range whose rounded and cut numbers have the least mean squared error.
  case meanSquaredError

  func check() throws(InfoldError) {
    guard case .percentile(let percentage) = self else { return }
    guard percentage > 50, percentage <= 100 else {
      throw InfoldError(.invalidArgument, "the percentage is \(percentage), and must be above 50 and at most 100")
    }
  }

  /// The range of numbers that were seen.
  func range(_ histogram: Histogram, within seen: ClosedRange<Double>) -> ClosedRange<Double> {
    switch self {
    case .minmax: seen
    case .percentile(let percentage): histogram.range(leavingOut: 1 - percentage / 100)?.clamped(to: seen) ?? seen
    case .meanSquaredError: ErrorMinimization(histogram, within: seen).range
    }
  }
}
