import InfoldReports
import InfoldSystem
import InfoldTensor

/// Compares the outputs of sessions of a network and of its folded form with the ground truth, over
/// any number of inputs.
struct NetworkComparison {
  private var outputs: [OutputMeasurement]

  init(outputs names: [String]) {
    outputs = names.map(OutputMeasurement.init)
  }

  var reports: [OutputReport] { outputs.map(\.report) }

  /// Adds the outputs for one input, each in the order of the names.
  /// - Parameter asWritten: The outputs by the operators' definitions, in the model's types.
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

  init(_ name: String) {
    report = OutputReport(name: name)
  }

  mutating func add(
    _ unfolded: Tensor, _ folded: Tensor, _ asWritten: Tensor, _ truth: Tensor
  ) throws(InfoldError) {
    guard unfolded.shape == folded.shape, unfolded.elementType == folded.elementType else {
      throw InfoldError(
        .invalidArgument,
        "shape mismatch: the output \(String(quoting: report.name)) is \(unfolded), but \(folded) in the folded model"
      )
    }
    report.shape = unfolded.shape
    report.type = unfolded.elementType
    guard unfolded.elementType.isFloatingPoint else {
      try report.difference.add(unfolded, folded)
      return
    }
    let a: [Double] = try unfolded.widened().elements(), b: [Double] = try folded.widened().elements()
    let truth: [Double] = try truth.widened().elements(), written: [Double] = try asWritten.widened().elements()
    try report.difference.add(unfolded, folded) { truth[$0].isFinite }
    for index in a.indices {
      let (x, y, exact) = (a[index], b[index], truth[index])
      guard exact.isFinite else {
        report.notFinite += 1
        // If a number is not finite by the definitions, it must not be finite in a run either.
        let isSame = written[index].isNaN && exact.isNaN || written[index] == exact
        if isSame, !(y.isNaN && exact.isNaN), y != exact { report.wronglyFinite += 1 }
        continue
      }
      report.largestMagnitude = max(report.largestMagnitude, exact.magnitude)
      report.unfoldedError = max(report.unfoldedError, (x - exact).magnitude.orInfinity)
      report.writtenError = max(report.writtenError, (written[index] - exact).magnitude.orInfinity)
      report.foldedError = max(report.foldedError, (y - exact).magnitude.orInfinity)
    }
  }
}

extension Double {
  fileprivate var orInfinity: Double { isNaN ? .infinity : self }
}
