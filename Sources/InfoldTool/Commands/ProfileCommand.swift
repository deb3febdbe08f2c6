import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem

/// `infold profile`: where the time of an inference goes.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Show where the time of an inference goes, layer by layer.",
    discussion: """
      Runs the model on random inputs, but for those that --input gives. Inputs with a default use it, unless --shape or --input names \
      them. Random integers that name positions, as those of a Gather do, are such that the model has; others are 0 and 1, and a single number is 1. Times are medians over the runs. GFLOP/s count two operations for each \
      multiplication that the standard's definition of an operator needs; Winograd's algorithm needs fewer, and may exceed \
      the peak. The peak is measured: multiplications and additions in registers alone, with as many threads. Layers of int8 are \
      held against that of products of bytes.

      Steps in bands take turns, a few rows of the image at a time, so that what lies between them stays in the cache. Indented \
      steps are those in the bodies of an If or a Loop, and part of its time. Times are medians, row by row: where other work \
      disturbs the machine, rows need not add up.

      With --json, the nodes of a layer are the names of all that became one; "infold inspect --plan" shows more of it. What was \
      folded into the weights of others is no longer a node.

      --trace writes the last run for chrome://tracing, Perfetto, and other programs that read Chrome's trace events.

      --scaling predicts the time with 1 to 64 cores, each with a thread: every step is measured with one thread, as it is planned for \
      so many, and its tasks are dealt out to them. What threads share, such as the bandwidth of the memory, is left out.

      EXAMPLES
        infold profile model.onnx
        infold profile model.onnx --scaling
        infold profile model.onnx --html profile.html
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("A tensor for an input, from a .npy or .pb file.", valueName: "name=file"))
  var input: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(help: "How many runs to measure.")
  var runs: Int = 20

  @Option(
    help: ArgumentHelp("Write the last run's trace events to this file.", valueName: "file.json"), completion: .file())
  var trace: String?

  @Option(
    help: ArgumentHelp("Write a page with the time of each layer to this file.", valueName: "file.html"),
    completion: .file())
  var html: String?

  @Flag(help: "Predict the time with 1 to 64 cores, and say what limits it.")
  var scaling = false

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    guard (1...1_000_000).contains(runs) else {
      throw ValidationError("--runs is \(runs), and must be 1 to 1000000")
    }
    guard scaling else { return }
    let others = [("--threads", runtime.threads != nil), ("--trace", trace != nil), ("--html", html != nil)]
    if let (option, _) = others.first(where: \.1) {
      throw ValidationError("--scaling goes without \(option)")
    }
  }

  func run() throws {
    try refuseStandardOutput(trace, option: "--trace")
    try refuseStandardOutput(html, option: "--html")
    let shapes = try sizes.shapes()
    let network = try runtime.reading.model(model).binding(shapes)
    if scaling { return try predict(network, shapes) }
    let inputs = try ModelInputs(measuring: network, files: input, shapes: shapes).complete(seed: 0)
    let session = try Session(network, options: runtime.session)
    var progress = ProgressBar("measuring")
    let layers = try session.layerTimes(inputs, runs: runs) { progress.update($0, of: runs) }
    progress.finish()
    WarningLines.write(session.warnings, of: model)
    if let trace {
      let events = ChromeTrace(layers, title: "infold \(model)")
      try writeReplacing(trace) { file throws(InfoldError) in try file.write(Array(jsonText(events).utf8)) }
    }
    let report = ProfileReport(
      layers, peak: session.measureArithmeticPeak(), bytePeak: session.measureBytePeak(), threads: session.threads,
      instructionSet: session.instructionSet)
    if let html { try PageLinks.write(ProfilePage(report, model: model).html, to: html) }
    if json { try StandardOutput.writeJSON(report) } else { try StandardOutput.write(report.text) }
  }

  /// What `--scaling` asks for. The sessions share the weights.
  private func predict(_ network: Model, _ shapes: InputShapes) throws {
    let measured = ScalingPrediction.Barrier.measured()
    // What two cores of one processor take that are not far apart.
    let barrier = measured ?? ScalingPrediction.Barrier(pair: 500)
    let inputs = try ModelInputs(measuring: network, files: input, shapes: shapes).complete(seed: 0)
    var sessions: [Session] = []
    var predictions: [ScalingPrediction] = []
    var progress = ProgressBar("measuring")
    for (index, cores) in ScalingReport.cores.enumerated() {
      var options = runtime.session
      options.threads = cores
      let session = try Session(network, options: options)
      sessions.append(session)
      predictions.append(
        try session.scalingPrediction(inputs, runs: runs, barrier: barrier) {
          progress.update(index * runs + $0, of: ScalingReport.cores.count * runs)
        })
    }
    progress.finish()
    WarningLines.write(sessions[0].warnings, of: model)
    let report = ScalingReport(predictions, barrier: barrier, isBarrierMeasured: measured != nil)
    if json { try StandardOutput.writeJSON(report) } else { try StandardOutput.write(report.text) }
  }
}
