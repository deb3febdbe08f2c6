import ArgumentParser
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldValidation

/// `infold statistics`: collects the statistics of a data set, and diagnoses the model with them.
struct StatisticsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Collect the mean and variance of every batch normalization's input over a data set.",
    discussion: """
      Pictures are preprocessed as the sidecar MODEL.json specifies. Tensor files are .npy or .pb, each with one or \
      more samples; a model with several inputs takes a folder for each sample, with a file for each input. \
      The variance is that of the whole data set, whatever the size of the mini-batches. The exception is --estimator paper, \
      Algorithm 2 of arXiv 1502.03167: the mean of the mini-batches' variances times m'/(m'-1), where m' = m·p·q.

      The report shows the distance of the data from the running statistics, the dead channels, and the effect of the new \
      statistics on the outputs. Pictures, and tensors of three channels, are also prepared in other common ways: other \
      scales, another color order, other sizes. If one of them fits the running statistics clearly better, the report \
      names the mistake and the fix.

      EXAMPLES
        infold statistics model.onnx --images pictures
        infold statistics model.onnx --images pictures --html statistics.html
        infold statistics model.onnx --images pictures -o new.onnx
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of samples of a mini-batch. (default: about 32)")
  var batchSize: Int?

  @Flag(help: "Use one mean and variance per activation instead of per feature map.")
  var perActivation = false

  @Flag(help: "Divide the squared deviations by M - 1, like --estimator unbiased.")
  var unbiased = false

  @Option(help: "The estimator of the variance: population, unbiased or paper. (default: population)")
  var estimator: BatchStatistics.Estimator?

  @Flag(
    help:
      "Compute each layer's input with the new statistics of earlier layers. Keeps the values of all samples in memory."
  )
  var sequential = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the model with the new statistics to this file.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp("Write an HTML page with the findings and plots.", valueName: "file.html"),
    completion: .file())
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    try ModelOutput.check(output, json: json)
    try folders.requireOne()
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size must be at least 1, not \(batchSize)") }
    if unbiased, let estimator, estimator != .unbiased {
      throw ValidationError("--unbiased and --estimator \(estimator.rawValue) contradict each other")
    }
  }

  func run() throws {
    try refuseStandardOutput(html, option: "--html")
    let reading = runtime.reading
    let original = try reading.model(model)
    let collector = try reading.limitingMemory(for: model) { () throws(InfoldError) in
      try StatisticsCollector(
        original,
        options: .init(
          batchSize: batchSize, perActivation: perActivation, isSequential: sequential, estimator: chosenEstimator),
        session: runtime.session)
    }
    if output != nil {
      try reading.limitingMemory(for: model) { () throws(InfoldError) in try collector.checkReplaceable() }
    }
    let dataSet = try folders.dataSet(ofModel: model, original.graph.inputs.map(original.graph.info))
    var progress = ProgressBar("collecting")
    defer { progress.finish() }
    let statistics = try reading.limitingMemory(for: model) { () throws(InfoldError) in
      try collector.collect(sampleCount: dataSet.count, progress: { progress.update($0, of: $1) }) {
        index throws(InfoldError) in try dataSet.sample(index)
      }
    }
    progress.finish()
    var examining = ProgressBar("examining")
    let diagnosis = StatisticsExamination(statistics, dataSet, runtime.session).diagnosis {
      examining.update($0, of: $1)
    }
    examining.finish()
    let file = ModelOutput(argument: output ?? "")
    var sidecar: Sidecar.Copy?
    if let output {
      let updated = try reading.limitingMemory(for: model) { () throws(InfoldError) in try statistics.model() }
      _ = try reading.limitingMemory { () throws(InfoldError) in try file.write(updated) }
      sidecar = try Sidecar.carry(from: model, to: output)
    }
    if let html { try PageLinks.write(StatisticsPage(diagnosis, model: model).html, to: html) }
    let report = StatisticsReport(
      statistics, diagnosis, batchSize: collector.batchSize, estimator: chosenEstimator, isSequential: sequential,
      written: output)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      let page = html.map { "page written to \(String(printable: $0))\n" } ?? ""
      try file.report(report.text + page + (sidecar.map { $0.text.paragraph() } ?? ""))
    }
  }

  private var chosenEstimator: BatchStatistics.Estimator { estimator ?? (unbiased ? .unbiased : .population) }
}

extension BatchStatistics.Estimator: ExpressibleByArgument {}
