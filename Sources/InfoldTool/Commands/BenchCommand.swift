import ArgumentParser
import InfoldONNX
import InfoldRuntime
import InfoldSystem

/// `infold bench`: measures the time of an inference.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the time of an inference.",
    discussion: """
      Runs the model on random inputs: three runs to warm up, then at least 3 runs until --seconds have passed. Times \
      are those of inference alone. Decoding and preparing the model, which happen once, are reported separately.

      Inputs with a default value use it, unless --shape or --input sets them. Random integers that are indices, such \
      as those of Gather, are within the valid range; other integers are 0 or 1, and a single number is 1.

      --batch measures each of the given batch sizes for --seconds, if the first dimension of the inputs is dynamic. \
      It overrides the first size of --shape.

      EXAMPLES
        infold bench model.onnx
        infold bench model.onnx --batch 1,8 --seconds 5
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The tensor file of an input, .npy or .pb.", valueName: "name=file"))
  var input: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Batch sizes to measure, such as 1,8,32.", valueName: "sizes"))
  var batch: BatchSizes?

  @Option(help: "How long to measure, in seconds.")
  var seconds: Double = 2

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    guard seconds > 0, seconds <= 86400 else {
      throw ValidationError("--seconds is \(seconds), but must be more than 0 and at most 86400")
    }
  }

  func run() throws {
    let shapes = try sizes.shapes()
    var decoding: Double?
    var measurements: [BatchReport] = []
    var threads = 1
    for size in batch?.sizes.map(Optional.some) ?? [nil] {
      // The model is decoded again for each size, so that memory holds what the session keeps and
      // not the model as well.
      let begin = MonotonicClock.milliseconds()
      let decoded = try runtime.reading.model(model)
      decoding = decoding ?? MonotonicClock.milliseconds() - begin
      let infos = decoded.graph.inputs.map(decoded.graph.info)
      let chosen = try size.map { size throws(InfoldError) in try shapes.batched(size, for: infos) }
      let run = try BenchmarkRun(consume decoded, chosen ?? shapes, files: input, options: runtime.session)
      let times = DurationSummary(try run.measure(seconds: seconds))
      threads = run.threads
      WarningLines.write(run.warnings, of: model)
      measurements.append(BatchReport(batch: size, prepareMs: run.preparation, tuning: try run.tuning, times: times))
    }
    let report = BenchmarkReport(
      decodeMs: decoding ?? 0, peakMemoryBytes: peakMemory(), threads: threads, batches: measurements)
    if json { try StandardOutput.writeJSON(report) } else { try StandardOutput.write(report.text) }
  }
}
