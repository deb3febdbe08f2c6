import Glibc
import InfoldGraph
import InfoldRuntime

/// Measured inferences of one session.
struct BenchmarkRun {
  private let session: Session
  private let tensors: [Tensor]

  /// Runs on these inputs. Inputs with a default are given it where they are left out.
  init(_ session: Session, _ inputs: [String: Tensor]) throws(InfoldError) {
    self.session = session
    var tensors: [Tensor] = []
    for input in session.inputs {
      guard let tensor = inputs[input.name] else {
        throw InfoldError(
          .invalidArgument,
          "the input \(String(quoting: input.name)) has a default; to measure, give its shape as well",
          hint: "--shape \(String(printable: input.name))=SIZES")
      }
      tensors.append(tensor)
    }
    self.tensors = tensors
  }

  /// The durations of inferences in milliseconds, behind three to warm up.
  func measure(seconds: Double) throws(InfoldError) -> [Double] {
    var outputs: [Tensor] = []
    for _ in 0..<3 { try session.run(tensors, into: &outputs) }
    var progress = ProgressBar("measuring")
    defer { progress.finish() }
    var times: [Double] = []
    let begin = Self.now()
    while times.count < 3 || Self.now() - begin < seconds {
      let start = Self.now()
      try session.run(tensors, into: &outputs)
      let end = Self.now()
      times.append((end - start) * 1e3)
      progress.update(min(Int((end - begin) * 10), Int(seconds * 10)), of: max(Int(seconds * 10), 1))
    }
    return times
  }

  /// Seconds of a clock that only goes forward.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// What is said of measured durations, in milliseconds.
struct BenchmarkReport: Encodable {
  var runs: Int
  var minMs: Double
  var medianMs: Double
  var meanMs: Double
  var p90Ms: Double
  var p99Ms: Double
  var maxMs: Double

  private enum CodingKeys: String, CodingKey {
    case runs
    case minMs = "min_ms"
    case medianMs = "median_ms"
    case meanMs = "mean_ms"
    case p90Ms = "p90_ms"
    case p99Ms = "p99_ms"
    case maxMs = "max_ms"
  }

  /// - Precondition: There is at least one.
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

  var text: String {
    var table = Table((title: "", alignment: .left), (title: "", alignment: .right))
    for (name, value) in [
      ("minimum", minMs), ("median", medianMs), ("mean", meanMs), ("90th percentile", p90Ms),
      ("99th percentile", p99Ms),
      ("maximum", maxMs),
    ] {
      table.add(name, NumberText.fixed(value, digits: 3) + " ms")
    }
    return "\(NumberText.grouped(runs)) inferences, \(NumberText.significant(1000 / meanMs, digits: 4)) per second\n"
      + table.text
  }
}
