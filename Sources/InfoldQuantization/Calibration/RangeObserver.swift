import InfoldSystem
import InfoldTensor

/// Sees what a value holds for many samples, and says what range is to be covered.
package struct RangeObserver: Sendable {
  private let method: CalibrationMethod
  private var minimum = Float.infinity
  private var maximum = -Float.infinity
  private var histogram = Histogram()

  package init(_ method: CalibrationMethod) {
    self.method = method
  }

  /// Looks at the elements of a tensor of float32.
  /// - Throws: `InfoldError` with `.invalidArgument` for one that is not finite.
  package mutating func add(_ tensor: Tensor) throws(InfoldError) {
    try tensor.withElements { (numbers: Span<Float>) throws(InfoldError) in
      var (least, greatest) = (Float.infinity, -Float.infinity)
      var isFinite = true
      for index in numbers.indices {
        let number = numbers[index]
        isFinite = isFinite && number.isFinite
        least = min(least, number)
        greatest = max(greatest, number)
      }
      guard isFinite else { throw InfoldError(.invalidArgument, "a number is not finite, and no range holds it") }
      guard least <= greatest else { return }
      minimum = min(minimum, least)
      maximum = max(maximum, greatest)
      if case .percentile = method { histogram.add(numbers, in: least...greatest) }
    }
  }

  /// What is to be covered; zero alone where nothing was seen.
  package var range: ClosedRange<Double> {
    guard minimum <= maximum else { return 0...0 }
    let seen = Double(minimum)...Double(maximum)
    guard case .percentile(let percentile) = method,
      let common = histogram.range(leavingOut: 1 - percentile / 100)
    else { return seen }
    return common.clamped(to: seen)
  }
}
