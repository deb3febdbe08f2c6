import InfoldSystem
import InfoldTensor

/// Sees what a value holds for many samples.
package struct RangeObserver: Sendable {
  private var minimum = Float.infinity
  private var maximum = -Float.infinity
  /// How often numbers come up.
  private(set) var histogram = Histogram()

  package init() {}

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
      histogram.add(numbers, in: least...greatest)
    }
  }

  /// From the least to the greatest number; zero alone where nothing was seen.
  package var extremes: ClosedRange<Double> { minimum <= maximum ? Double(minimum)...Double(maximum) : 0...0 }

  /// What is to be covered; zero alone where nothing was seen.
  package func range(_ method: CalibrationMethod) -> ClosedRange<Double> {
    minimum <= maximum ? method.range(histogram, within: extremes) : 0...0
  }
}
