import InfoldSystem
import InfoldTensor

/// Collects the range and the histogram of a value over many samples.
package struct RangeObserver: Sendable {
  private var minimum = Float.infinity
  private var maximum = -Float.infinity
  /// The histogram of the numbers.
  private(set) var histogram = Histogram()

  package init() {}

  /// Adds the elements of a float32 tensor.
  /// - Throws: `InfoldError` with `.invalidArgument` if an element is not finite.
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
      guard isFinite else { throw InfoldError(.invalidArgument, "a number is not finite") }
      guard least <= greatest else { return }
      minimum = min(minimum, least)
      maximum = max(maximum, greatest)
      histogram.add(numbers, in: least...greatest)
    }
  }

  /// From the smallest to the largest number; 0...0 if there are none.
  package var extremes: ClosedRange<Double> { minimum <= maximum ? Double(minimum)...Double(maximum) : 0...0 }

  /// Returns the range to cover; 0...0 if there are no numbers.
  package func range(_ method: CalibrationMethod) -> ClosedRange<Double> {
    minimum <= maximum ? method.range(histogram, within: extremes) : 0...0
  }
}
