import InfoldGraph

/// What has been seen of a value: its least and its greatest number, and how the others are spread.
package struct ActivationRange: Sendable {
  private(set) var lower: Float = 0
  private(set) var upper: Float = 0
  /// How many numbers lie in each of equal parts of −`limit` to `limit`.
  private var counts: [Int]
  private var limit: Float = 0x1p-20

  private static let binCount = 4096

  /// - Parameter countsNumbers: Whether percentiles will be asked for.
  package init(countsNumbers: Bool) {
    counts = countsNumbers ? Array(repeating: 0, count: Self.binCount) : []
  }

  /// - Returns: Whether all numbers are finite.
  package mutating func add(_ numbers: borrowing Span<Float>) -> Bool {
    var least = lower, greatest = upper, isFinite = true
    for index in numbers.indices {
      let number = numbers[index]
      isFinite = isFinite && number.isFinite
      least = min(least, number)
      greatest = max(greatest, number)
    }
    guard isFinite else { return false }
    (lower, upper) = (least, greatest)
    guard !counts.isEmpty else { return true }
    while max(-least, greatest) >= limit { grow() }
    let factor = Float(Self.binCount / 2) / limit
    for index in numbers.indices {
      counts[min(Self.binCount / 2 + Int((numbers[index] * factor).rounded(.down)), Self.binCount - 1)] += 1
    }
    return true
  }

  /// Puts two neighbours together, and takes in twice the range.
  private mutating func grow() {
    var wider = [Int](repeating: 0, count: Self.binCount)
    for bin in 0..<(Self.binCount / 2) {
      wider[Self.binCount / 4 + bin] = counts[2 * bin] + counts[2 * bin + 1]
    }
    counts = wider
    limit *= 2
  }

  /// The range in which `percentage` of the numbers lie.
  package func range(percentage: Double) -> ClosedRange<Float> {
    let total = counts.reduce(0, +)
    let outside = Int((Double(total) * (1 - percentage / 100) / 2).rounded(.down))
    let width = 2 * limit / Float(Self.binCount)
    var (first, left) = (0, 0)
    while first < Self.binCount - 1, left + counts[first] <= outside {
      left += counts[first]
      first += 1
    }
    var (last, right) = (Self.binCount - 1, 0)
    while last > first, right + counts[last] <= outside {
      right += counts[last]
      last -= 1
    }
    let bottom = max(lower, Float(first - Self.binCount / 2) * width)
    let top = min(upper, Float(last + 1 - Self.binCount / 2) * width)
    return min(bottom, 0)...max(top, 0)
  }

  /// The range by a method.
  package func range(_ method: QuantizationOptions.Method) -> ClosedRange<Float> {
    switch method {
    case .minMax: lower...upper
    case .percentile(let percentage): range(percentage: percentage)
    }
  }
}
