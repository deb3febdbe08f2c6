import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldRuntime

/// `infold bench`: how long an inference takes.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how long an inference takes.",
    discussion: """
      Runs the model on random inputs, warms up, and then measures for as long as --seconds says, at least 3 runs. Times \
      are those of an inference alone: the model is loaded and prepared once.
      """)

  @Argument(help: "The ONNX model.")
  var model: String

  @Option(help: ArgumentHelp("The shape of an input, like input=1x3x224x224.", valueName: "name=sizes"))
  var shape: [String] = []

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
    let shapes = try InputShapes(shape)
    let session = try Session(Model(path: model).binding(inputs: shapes.sizes), options: runtime.session)
    let inputs = try ModelInputs(session.inputs, files: [], shapes: shapes).complete(seed: 0)
    let times = try BenchmarkRun(session, inputs).measure(seconds: seconds)
    let report = BenchmarkReport(times)
    if json { try StandardOutput.writeJSON(report) } else { try StandardOutput.write(report.text) }
  }
}
