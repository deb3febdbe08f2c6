import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A session whose inferences are measured.
struct BenchmarkRun {
  /// The time to prepare the model for these inputs, in milliseconds.
  let preparation: Double

  /// The number of threads of an inference.
  var threads: Int { session.threads }

  /// The result of tuning, or `nil` without it.
  var tuning: TuningReport? {
    get throws(InfoldError) {
      let inputs = Dictionary(zip(session.inputs.map(\.name), tensors)) { first, _ in first }
      return try session.tunedChoices(for: inputs).map { TuningReport(measured: $0.measured, steps: $0.steps) }
    }
  }

  /// The warnings about the model.
  var warnings: [ModelWarning] { session.warnings }

  private let session: Session
  private let tensors: [Tensor]

  /// Prepares `model`. Inputs are tensors from files, random tensors of these shapes, or default
  /// values.
  /// - Throws: `InfoldError` like the initializer of `Session`.
  init(
    _ model: consuming Model, _ shapes: InputShapes, files: [String] = [], options: SessionOptions
  ) throws(InfoldError) {
    var bound = try model.binding(shapes)
    _ = consume model
    let random = try ModelInputs(measuring: bound, files: files, shapes: shapes).complete(seed: 0)
    var tensors: [Tensor] = []
    for id in bound.graph.inputs {
      let name = bound.graph[id].name
      guard let tensor = random[name] ?? bound.graph[id].initializer?.tensor else {
        throw InfoldError(
          .unsupported, "the default value of the input \(String(quoting: name)) is not a numeric tensor",
          hint: "set its shape with --shape")
      }
      tensors.append(tensor)
    }
    self.tensors = tensors
    let begin = MonotonicClock.milliseconds()
    bound = try bound.binding(inputs: random.mapValues(\.shape))
    session = try Session(consume bound, options: options)
    preparation = MonotonicClock.milliseconds() - begin
  }

  /// Measures inferences, after three to warm up.
  ///
  /// - Returns: The times in milliseconds.
  func measure(seconds: Double) throws(InfoldError) -> [Double] {
    var outputs: [Tensor] = []
    for _ in 0..<3 { try session.run(tensors, into: &outputs) }
    var progress = ProgressBar("measuring")
    defer { progress.finish() }
    var times: [Double] = []
    let begin = MonotonicClock.milliseconds()
    while times.count < 3 || MonotonicClock.milliseconds() - begin < seconds * 1e3 {
      let start = MonotonicClock.milliseconds()
      try session.run(tensors, into: &outputs)
      let end = MonotonicClock.milliseconds()
      times.append(end - start)
      progress.update(min(Int((end - begin) / 100), Int(seconds * 10)), of: max(Int(seconds * 10), 1))
    }
    return times
  }
}

extension MonotonicClock {
  static func milliseconds() -> Double { Double(nanoseconds()) * 1e-6 }
}
