import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem

/// `infold profile`: shows where the time of an inference goes.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Show the time of each layer of an inference.",
    discussion: """
      Runs the model on random inputs, except for those that --input sets. Inputs with a default value use it, unless \
      --shape or --input sets them. Random integers that are indices, such as those of Gather, are within the valid \
      range; other integers are 0 or 1, and a single number is 1.

      Times are medians over the runs. GFLOP/s count two operations per multiply-accumulate of the operator's \
      definition. Winograd convolutions need fewer, and a matrix unit multiplies faster, so both may exceed the peak. \
      The peak is measured: multiplications and additions in registers alone, with the same number of threads. Layers \
      of int8 are compared with the peak of 8-bit products.

      Steps in bands take turns, a few rows of the image at a time, so that intermediate results stay in the cache. \
      Indented steps belong to the bodies of an If or a Loop, and their times are part of its time. Medians are taken \
      row by row, so rows may not add up if other work disturbs the machine.

      With --json, "nodes" lists the names of all nodes fused into a layer; "infold inspect --plan" shows more. Nodes \
      folded into the weights of others no longer exist.

      --trace writes the last run for chrome://tracing, Perfetto and other viewers of Chrome trace events.

      --scaling predicts the time with 1 to 64 cores and one thread per core. Every step is planned for that number \
      of threads and measured on one, and its tasks are distributed over the threads. Effects of shared resources, \
      such as memory bandwidth, are not modeled.

      EXAMPLES
        infold profile model.onnx
        infold profile model.onnx --scaling
        infold profile model.onnx --html profile.html
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The tensor file of an input, .npy or .pb.", valueName: "name=file"))
  var input: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(help: "The number of runs to measure.")
  var runs: Int = 20

  @Option(
    help: ArgumentHelp("Write trace events of the last run to this file.", valueName: "file.json"), completion: .file())
  var trace: String?

  @Option(
    help: ArgumentHelp("Write an HTML page with the time of each layer to this file.", valueName: "file.html"),
    completion: .file())
  var html: String?

  @Flag(help: "Predict the time with 1 to 64 cores, and what limits it.")
  var scaling = false

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    guard (1...1_000_000).contains(runs) else {
      throw ValidationError("--runs is \(runs), but must be 1 to 1000000")
    }
    guard scaling else { return }
    let others = [("--threads", runtime.threads != nil), ("--trace", trace != nil), ("--html", html != nil)]
    if let (option, _) = others.first(where: \.1) {
      throw ValidationError("--scaling and \(option) cannot be combined")
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

  /// Predicts the scaling for `--scaling`. The sessions share the weights.
  private func predict(_ network: Model, _ shapes: InputShapes) throws {
    let measured = ScalingPrediction.Barrier.measured()
    // A typical barrier between two nearby cores of one processor.
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
