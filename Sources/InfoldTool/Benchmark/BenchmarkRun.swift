import InfoldGraph
import InfoldRuntime

/// Measured inferences of one session.
struct BenchmarkRun {
  /// How long it took to prepare the model for these inputs, in milliseconds.
  let preparation: Double

  /// The threads that each inference may use.
  var threads: Int { session.threads }

  private let session: Session
  private let tensors: [Tensor]

  /// Prepares `model` for random inputs of these shapes.
  /// - Throws: `InfoldError` as the `Session` does, and with `.invalidArgument` for an input that has a default, and no shape.
  init(_ model: consuming Model, _ shapes: InputShapes, options: SessionOptions) throws(InfoldError) {
    var bound = try model.binding(shapes)
    _ = consume model
    let infos = bound.graph.inputs.map(bound.graph.info)
    let tensors = try ModelInputs(infos, files: [], shapes: shapes).complete(seed: 0)
    self.tensors = try infos.map { input throws(InfoldError) in
      guard let tensor = tensors[input.name] else {
        throw InfoldError(
          .invalidArgument,
          "the input \(String(quoting: input.name)) has a default; to measure, give its shape as well",
          hint: "--shape \(String(printable: input.name))=SIZES")
      }
      return tensor
    }
    let begin = MonotonicClock.milliseconds()
    bound = try bound.binding(inputs: tensors.mapValues(\.shape))
    session = try Session(consume bound, options: options)
    preparation = MonotonicClock.milliseconds() - begin
  }

  /// The durations of inferences in milliseconds, behind three to warm up.
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
