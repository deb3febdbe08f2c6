import ArgumentParser
import InfoldONNX
import InfoldRuntime
import InfoldSystem

/// `infold bench`: how long an inference takes.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how long an inference takes.",
    discussion: """
      Runs the model on random inputs: three times to warm up, and then for as long as --seconds says, at least 3 times. \
      Times are those of an inference alone; decoding the model and preparing it, which is done once, are reported beside.

      Inputs with a default use it, unless --shape or --input names them. Random integers that name positions, as those of a Gather do, are \
      such that the model has; others are 0 and 1, and a single number is 1.

      --batch measures every size of it for --seconds, for models that leave open the first dimension of their inputs. It \
      takes the place of the first size of --shape.

      EXAMPLES
        infold bench model.onnx
        infold bench model.onnx --batch 1,8 --seconds 5
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("A tensor for an input, from a .npy or .pb file.", valueName: "name=file"))
  var input: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Sizes of the batch, like 1,8,32.", valueName: "sizes"))
  var batch: BatchSizes?

  @Option(help: "How long to measure, in seconds.")
  var seconds: Double = 2

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    guard seconds > 0, seconds <= 86400 else {
      throw ValidationError("--seconds is \(seconds), and must be more than 0 and at most 86400")
    }
  }

  func run() throws {
    let shapes = try sizes.shapes()
    var decoding: Double?
    var measurements: [BatchReport] = []
    var threads = 1
    for size in batch?.sizes.map(Optional.some) ?? [nil] {
      // Decoded anew for each size, so that memory holds what a session keeps of it, and not the model as well.
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
