import InfoldGraph
import TestSupport
import Testing

import InfoldQuantization

@Suite struct ActivationRangeTests {
  private func range(_ numbers: [[Float]], counts: Bool = true) -> ActivationRange {
    var range = ActivationRange(countsNumbers: counts)
    for part in numbers { #expect(add(part, to: &range)) }
    return range
  }

  private func add(_ numbers: [Float], to range: inout ActivationRange) -> Bool { range.add(numbers.span) }

  @Test func leastAndGreatest() {
    let range = range([[1, 5], [-2, 3]], counts: false)
    #expect(range.range(.minMax) == -2...5)
    // Zero is always inside.
    #expect(self.range([[3, 4]]).range(.minMax) == 0...4)
  }

  @Test func refusesWhatIsNotFinite() {
    var range = ActivationRange(countsNumbers: true)
    #expect(!add([1, .infinity], to: &range))
    #expect(!add([.nan], to: &range))
    #expect(range.range(.minMax) == 0...0)
  }

  /// However large the numbers become, and in whatever order they come.
  @Test func percentiles() {
    let numbers = (0..<10_000).map { Float($0) / 100 - 50 }
    for parts in [[numbers], [Array(numbers[5000...]), Array(numbers[..<5000])], numbers.map { [$0] }] {
      let range = range(parts).range(percentage: 90)
      #expect(abs(range.lowerBound + 45) < 0.1 && abs(range.upperBound - 45) < 0.1)
    }
    let outlier = range([numbers, [1e30]])
    #expect(outlier.range(.minMax).upperBound == 1e30)
    #expect(outlier.range(percentage: 100).upperBound == 1e30)
    // So far off that all others lie in one part of the range.
    #expect(outlier.range(percentage: 99.9).upperBound < 1e27)
  }
}
