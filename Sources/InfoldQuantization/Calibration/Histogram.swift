/// Counts of numbers in a bounded number of equal bins. The width of the bins is a power of two,
/// and doubles when numbers do not fit.
///
/// Bins are aligned to multiples of their width, so two neighbors merge exactly. The contents
/// therefore do not depend on the order of the numbers.
struct Histogram: Sendable {
  /// The maximum number of bins.
  static let limit = 4096

  /// The binary logarithm of the bin width.
  private(set) var exponent = -149
  /// The index of the first bin, in bin widths from zero.
  private(set) var first = 0
  /// The number of elements in each bin.
  private(set) var counts: [Int] = []
  /// The total number of elements.
  private(set) var total = 0
  /// The number of zeros. Every range represents zero exactly.
  private(set) var zeros = 0

  /// Adds numbers that lie in `range`.
  /// - Precondition: All of them are finite.
  mutating func add(_ numbers: Span<Float>, in range: ClosedRange<Float>) {
    guard !numbers.isEmpty else { return }
    makeRoom(for: range)
    let scale = inverseWidth
    for index in numbers.indices {
      counts[Int((Double(numbers[index]) * scale).rounded(.down)) - first] += 1
      if numbers[index] == 0 { zeros += 1 }
    }
    total += numbers.count
  }

  /// Returns the range that remains when a share of the numbers is cut off, half of it at each
  /// end; `nil` if the histogram is empty.
  /// - Parameter share: The share to leave out, 0 to 1.
  func range(leavingOut share: Double) -> ClosedRange<Double>? {
    guard total > 0 else { return nil }
    let tail = Int(Double(total) * min(max(share, 0), 1) / 2)
    func place(_ bins: some Sequence<Int>) -> Int {
      var seen = 0
      for bin in bins {
        seen += counts[bin]
        if seen > tail { return bin }
      }
      return 0
    }
    let lower = place(counts.indices), upper = max(lower, place(counts.indices.reversed()))
    return Double(first + lower) / inverseWidth...Double(first + upper + 1) / inverseWidth
  }

  /// The centers of bins that contain numbers other than zero, and their counts without zeros.
  var bins: [(center: Double, count: Double)] {
    counts.indices.compactMap { index in
      let count = counts[index] - (first + index == 0 ? zeros : 0)
      return count > 0 ? ((Double(first + index) + 0.5) / inverseWidth, Double(count)) : nil
    }
  }

  /// Returns the counts in `count` equal bins over a range. Numbers outside are counted at its
  /// ends.
  func condensed(_ count: Int, over range: ClosedRange<Double>) -> [Int] {
    var result = [Int](repeating: 0, count: count)
    let width = (range.upperBound - range.lowerBound) / Double(count)
    guard width > 0 else { return result }
    for index in counts.indices where counts[index] > 0 {
      let center = (Double(first + index) + 0.5) / inverseWidth
      let place = ((center - range.lowerBound) / width).rounded(.down)
      result[Int(min(max(place, 0), Double(count - 1)))] += counts[index]
    }
    return result
  }

  private var inverseWidth: Double { Double(sign: .plus, exponent: -exponent, significand: 1) }

  private mutating func makeRoom(for range: ClosedRange<Float>) {
    // Zero is always included, so that the bins do not depend on the order of the numbers.
    var lower = Double(min(range.lowerBound, 0)) * inverseWidth
    var upper = Double(max(range.upperBound, 0)) * inverseWidth
    var (low, high) = (Double(first), Double(first + max(counts.count, 1) - 1))
    var newExponent = exponent
    while max(upper, high).rounded(.down) - min(lower, low).rounded(.down) >= Double(Self.limit) {
      newExponent += 1
      (lower, upper, low, high) = (lower / 2, upper / 2, (low / 2).rounded(.down), (high / 2).rounded(.down))
    }
    let begin = Int(min(lower, low).rounded(.down)), end = Int(max(upper, high).rounded(.down))
    guard newExponent != exponent || begin != first || end - begin + 1 != counts.count else { return }
    var grown = [Int](repeating: 0, count: end - begin + 1)
    let shift = newExponent - exponent
    for (index, count) in counts.enumerated() where count > 0 { grown[((first + index) >> shift) - begin] += count }
    (exponent, first, counts) = (newExponent, begin, grown)
  }
}
