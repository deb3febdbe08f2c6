import InfoldReports
import InfoldSystem
import InfoldTensor

/// Compares what sessions make of a network and of its folded form with the truth, over any number of inputs.
struct NetworkComparison {
  private var outputs: [OutputMeasurement]

  init(outputs names: [String]) {
    outputs = names.map(OutputMeasurement.init)
  }

  var reports: [OutputReport] { outputs.map(\.report) }

  /// Adds the outputs for one input, each in the order of the names.
  /// - Parameter asWritten: What the definitions of the operators make of it, in the model's types.
  mutating func add(
    unfolded: [Tensor], folded: [Tensor], asWritten: [Tensor], truth: [Tensor]
  ) throws(InfoldError) {
    for index in outputs.indices {
      try outputs[index].add(unfolded[index], folded[index], asWritten[index], truth[index])
    }
  }
}

private struct OutputMeasurement {
  var report: OutputReport
  private var generator = SplitMix64(seed: 0)

  init(_ name: String) {
    report = OutputReport(name: name)
  }

  /// Points of the plot of folded against unfolded outputs.
  private static let pointLimit = 600

  mutating func add(
    _ unfolded: Tensor, _ folded: Tensor, _ asWritten: Tensor, _ truth: Tensor
  ) throws(InfoldError) {
    guard unfolded.shape == folded.shape, unfolded.elementType == folded.elementType else {
      throw InfoldError(
        .invalidArgument, "the output \(String(quoting: report.name)) is \(unfolded), and of the folded model \(folded)"
      )
    }
    report.shape = unfolded.shape
    report.type = unfolded.elementType
    report.elements += unfolded.count
    guard unfolded.elementType.isFloatingPoint else {
      let (a, b) = (try unfolded.numbers(), try folded.numbers())
      report.differingElements += zip(a, b).count { $0 != $1 }
      return
    }
    let a: [Double] = try unfolded.widened().elements(), b: [Double] = try folded.widened().elements()
    let truth: [Double] = try truth.widened().elements(), written: [Double] = try asWritten.widened().elements()
    var products = InnerProducts()
    for index in a.indices {
      let (x, y, exact) = (a[index], b[index], truth[index])
      if x != y && !(x.isNaN && y.isNaN) { report.differingElements += 1 }
      guard exact.isFinite else {
        report.notFinite += 1
        // What is not finite by the definitions must not come out as a number.
        let isSame = written[index].isNaN && exact.isNaN || written[index] == exact
        if isSame, !(y.isNaN && exact.isNaN), y != exact { report.wronglyFinite += 1 }
        continue
      }
      report.largestMagnitude = max(report.largestMagnitude, exact.magnitude)
      report.absoluteDifference = max(report.absoluteDifference, (x - y).magnitude.orInfinity)
      report.unfoldedError = max(report.unfoldedError, (x - exact).magnitude.orInfinity)
      report.writtenError = max(report.writtenError, (written[index] - exact).magnitude.orInfinity)
      report.foldedError = max(report.foldedError, (y - exact).magnitude.orInfinity)
      products.add(x, y)
    }
    if let cosine = products.cosine {
      report.cosineSimilarity = min(report.cosineSimilarity ?? 1, cosine)
    }
    try addRanks(unfolded, folded)
    addPoints(a, b)
  }

  /// For an output of scores.
  private mutating func addRanks(_ unfolded: Tensor, _ folded: Tensor) throws(InfoldError) {
    guard unfolded.isScores else { return }
    var ranks = report.ranks ?? OutputReport.Ranks()
    for (a, b) in zip(try unfolded.topK(5), try folded.topK(5)) {
      let best = [a.map(\.index), b.map(\.index)]
      ranks.samples += 1
      if best[0][0] == best[1][0] { ranks.sameTop1 += 1 }
      if Set(best[0]) == Set(best[1]) { ranks.sameTop5 += 1 }
    }
    report.ranks = ranks
  }

  /// The largest, the smallest, and others at random.
  private mutating func addPoints(_ a: [Double], _ b: [Double]) {
    let finite = a.indices.filter { a[$0].isFinite && b[$0].isFinite }
    guard report.points.count < Self.pointLimit, !finite.isEmpty else { return }
    let room = min(Self.pointLimit - report.points.count, 200)
    var chosen = finite
    if finite.count > room {
      chosen = (0..<(room - 2)).map { _ in finite[Int(generator.next() % UInt64(finite.count))] }
      chosen += [finite.max { a[$0] < a[$1] }!, finite.min { a[$0] < a[$1] }!]
    }
    report.points += chosen.map { OutputReport.Point(unfolded: a[$0], folded: b[$0]) }
  }
}

extension Double {
  fileprivate var orInfinity: Double { isNaN ? .infinity : self }
}
