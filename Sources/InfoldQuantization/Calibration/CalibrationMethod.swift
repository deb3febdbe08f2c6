import InfoldSystem

/// How the range that a quantized value covers is found.
public enum CalibrationMethod: Sendable, Hashable {
  /// From the least number seen to the greatest.
  case minmax
  /// The same without the outermost numbers: what is left is this percentage of them.
  case percentile(Double)

  func check() throws(InfoldError) {
    guard case .percentile(let percentage) = self else { return }
    guard percentage > 50, percentage <= 100 else {
      throw InfoldError(.invalidArgument, "the percentage is \(percentage), and must be above 50 and at most 100")
    }
  }
}
