/// Finds the 8-bit range with the smallest mean squared error. A narrow range clips more numbers, and
/// a wide one rounds more coarsely.
struct ErrorMinimization {
  /// The range.
  let range: ClosedRange<Double>

  /// The number of candidates for each end of the range.
  static let parts = 128

  /// - Parameter seen: The range of the observed numbers.
  init(_ histogram: Histogram, within seen: ClosedRange<Double>) {
    let ends = (min(seen.lowerBound, 0), max(seen.upperBound, 0))
    guard histogram.total > 0, ends.1 > ends.0 else {
      range = seen
      return
    }
    let tails = (Tail(histogram, ends.0), Tail(histogram, ends.1))
    var best = (error: Double.infinity, lower: Self.parts, upper: Self.parts)
    let lowers = ends.0 < 0 ? Array(1...Self.parts) : [Self.parts]
    let uppers = ends.1 > 0 ? Array(1...Self.parts) : [Self.parts]
    for lower in lowers.reversed() {
      for upper in uppers.reversed() {
        let share = (Double(lower) / Double(Self.parts), Double(upper) / Double(Self.parts))
        let step = (ends.1 * share.1 - ends.0 * share.0) / 255
        let error =
          tails.0.cut[lower] + tails.1.cut[upper] + (tails.0.inside[lower] + tails.1.inside[upper]) * step * step / 12
        if error < best.error { best = (error, lower, upper) }
      }
    }
    range =
      ends.0 * Double(best.lower) / Double(Self.parts)...ends.1 * Double(best.upper) / Double(Self.parts)
  }

  /// The numbers on one side of zero. For each candidate: how many lie inside, and the sum of the
  /// squared distances of all others from the candidate.
  private struct Tail {
    private(set) var inside: [Double]
    private(set) var cut: [Double]

    init(_ histogram: Histogram, _ end: Double) {
      let bins = histogram.bins.filter { end < 0 ? $0.center < 0 : $0.center > 0 }
      let count = ErrorMinimization.parts + 1
      inside = Array(repeating: 0, count: count)
      cut = inside
      guard end != 0 else { return }
      for part in 1..<count {
        let bound = end.magnitude * Double(part) / Double(ErrorMinimization.parts)
        for bin in bins {
          let beyond = bin.center.magnitude - bound
          if beyond <= 0 { inside[part] += bin.count } else { cut[part] += bin.count * beyond * beyond }
        }
      }
    }
  }
}
