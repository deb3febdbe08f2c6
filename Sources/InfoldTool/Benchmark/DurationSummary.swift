import InfoldSystem

/// Statistics of measured durations, in milliseconds.
struct DurationSummary: Encodable {
  let runs: Int
  let minMs: Double
  let medianMs: Double
  let meanMs: Double
  let p90Ms: Double
  let p99Ms: Double
  let maxMs: Double

  private enum CodingKeys: String, CodingKey {
    case runs
    case minMs = "min_ms"
    case medianMs = "median_ms"
    case meanMs = "mean_ms"
    case p90Ms = "p90_ms"
    case p99Ms = "p99_ms"
    case maxMs = "max_ms"
  }

  /// - Precondition: `times` is not empty.
  init(_ times: [Double]) {
    let sorted = times.sorted()
    /// The smallest duration that is not exceeded by this share of the runs.
    func percentile(_ share: Double) -> Double {
      sorted[min(Int((share * Double(sorted.count)).rounded(.up)) - 1, sorted.count - 1)]
    }
    runs = times.count
    minMs = sorted[0]
    medianMs = percentile(0.5)
    meanMs = times.reduce(0, +) / Double(times.count)
    p90Ms = percentile(0.9)
    p99Ms = percentile(0.99)
    maxMs = sorted[sorted.count - 1]
  }

  /// The statistics as text.
  var text: String {
    var table = Table((title: "", alignment: .left), (title: "", alignment: .right))
    for (name, value) in [
      ("minimum", minMs), ("median", medianMs), ("mean", meanMs), ("90th percentile", p90Ms),
      ("99th percentile", p99Ms), ("maximum", maxMs),
    ] {
      table.add(name, NumberText.fixed(value, digits: 3) + " ms")
    }
    return "\(NumberText.grouped(runs)) inferences, \(NumberText.significant(1000 / meanMs, digits: 4)) per second\n"
      + table.text
  }
}
