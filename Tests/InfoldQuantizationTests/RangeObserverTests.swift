import InfoldQuantization
import InfoldTensor
import TestSupport
import Testing

@Suite struct RangeObserverTests {
  private func range(_ parts: [[Float]], _ method: CalibrationMethod) throws -> ClosedRange<Double> {
    var observer = RangeObserver()
    for part in parts { try observer.add(Tensor(shape: [part.count], part)) }
    return observer.range(method)
  }

  @Test func findsLeastAndGreatest() throws {
    #expect(try range([[1, 3], [-2, 0.5], []], .minmax) == -2...3)
    #expect(try range([], .minmax) == 0...0)
    #expect(try range([[]], .percentile(99)) == 0...0)
  }

  @Test(arguments: [CalibrationMethod.minmax, .percentile(99)])
  func constantsHaveNoExtent(method: CalibrationMethod) throws {
    #expect(try range([[0, 0]], method) == 0...0)
    #expect(try range([[-7.25, -7.25]], method) == -7.25 ... -7.25)
  }

  @Test(arguments: [CalibrationMethod.minmax, .percentile(99), .meanSquaredError], [Float.nan, .infinity, -.infinity])
  func refusesWhatIsNotFinite(method: CalibrationMethod, number: Float) throws {
    #expect(try errorCode { _ = try range([[1, number]], method) } == .invalidArgument)
  }

  @Test func percentileLeavesOutHalfAtEitherEnd() throws {
    // 10 of 1000 numbers are outliers, and 1 % is left out: 5 at either end.
    var numbers = (0..<990).map { Float($0) / 990 }
    numbers += Array(repeating: -1000, count: 5) + Array(repeating: 1000, count: 5)
    let outside = try range([numbers], .percentile(99.5))
    #expect(outside == -1000...1000)
    let inside = try range([numbers], .percentile(98.9))
    // With both signs, bins of width 0.5 cover magnitudes of 2000 and more.
    #expect(inside.lowerBound == 0 && inside.upperBound == 1)
    #expect(try range([numbers], .percentile(100)) == -1000...1000)
  }

  @Test func percentileIsNearTheExactOne() throws {
    var random = SplitMix64(seed: 3)
    let tensor = try random.tensor([100_000], in: -3...5)
    let numbers = try tensor.elements(as: Float.self).sorted()
    var observer = RangeObserver()
    try observer.add(tensor)
    let range = observer.range(.percentile(99))
    // Bins are at most 8 / 2048 wide.
    #expect(abs(range.lowerBound - Double(numbers[500])) <= 8.0 / 2048)
    #expect(abs(range.upperBound - Double(numbers[99_499])) <= 8.0 / 2048)
  }

  @Test func growingRangesDoNotDependOnTheOrder() throws {
    var random = SplitMix64(seed: 5)
    let parts = try [0.001, 1, 1e-20, 300, 7, 1e10, 3e38].map { scale in
      try random.tensor([1000]).elements(as: Float.self).map { $0 * Float(scale) }
    }
    for method in [CalibrationMethod.percentile(60), .percentile(95), .percentile(99.9), .meanSquaredError] {
      let expected = try range(parts, method)
      #expect(try range(parts.reversed(), method) == expected)
      #expect(try range([parts.flatMap { $0 }], method) == expected)
      #expect(try range(parts.flatMap { $0.map { [$0] } }, method) == expected)
    }
  }

  @Test func hugeAndTinyNumbersHaveBins() throws {
    let largest = Float.greatestFiniteMagnitude, least = Float.leastNonzeroMagnitude
    let all = try range([[-largest, -1, least, 1, largest]], .percentile(100))
    #expect(all == Double(-largest)...Double(largest))
    #expect(try range([[least], [-least]], .percentile(100)) == Double(-least)...Double(least))
  }

  /// Returns the mean squared error of rounding numbers to 8 bits.
  private func error(_ numbers: [Float], _ range: ClosedRange<Double>) -> Double {
    let scale = ActivationScale(covering: range), step = Double(scale.scale), zero = Double(scale.zeroPoint)
    return numbers.reduce(0) { sum, number in
      let place = min(max((Double(number) / step).rounded(.toNearestOrEven) + zero, 0), 255)
      let difference = (place - zero) * step - Double(number)
      return sum + difference * difference
    } / Double(numbers.count)
  }

  @Test(arguments: [0, 1, 2]) func squaredErrorsAreNearlyLeast(kind: Int) throws {
    var random = SplitMix64(seed: UInt64(kind) + 7)
    // Sums of several uniform numbers with a few outliers; the same without negative numbers; and
    // evenly distributed numbers.
    let parts = try (0..<4).map { _ in try random.tensor([2000]).elements(as: Float.self) }
    var numbers = (0..<2000).map { place in parts.reduce(Float(0)) { $0 + $1[place] } }
    if kind < 2 { numbers += [40, -35, 28, 31, 38] }
    if kind == 1 { numbers = numbers.map { max($0, 0) } }
    if kind == 2 { numbers = parts[0] }
    let found = error(numbers, try range([numbers], .meanSquaredError))
    let (lower, upper) = (Double(numbers.min()!), Double(numbers.max()!))
    var least = Double.infinity
    for a in 1...16 {
      for b in 1...16 { least = min(least, error(numbers, lower * Double(a) / 16...upper * Double(b) / 16)) }
    }
    #expect(found <= least * 1.05)
    #expect(found <= error(numbers, lower...upper) * 1.001)
  }

  /// A single outlier is clipped, because its error counts less than the steps of all other
  /// numbers.
  @Test func whatIsFarOutIsCutOff() throws {
    var random = SplitMix64(seed: 11)
    let numbers = try random.tensor([60_000], in: 0...1).elements(as: Float.self) + [1.5]
    let found = try range([numbers], .meanSquaredError)
    #expect(found.lowerBound == 0 && found.upperBound > 1 && found.upperBound < 1.49)
    #expect(error(numbers, found) < error(numbers, 0...1.5))
  }
}
