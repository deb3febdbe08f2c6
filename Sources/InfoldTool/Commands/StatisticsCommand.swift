import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldValidation

/// `infold statistics`: takes the batch statistics of a data set.
struct StatisticsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Take mean and variance of what every batch normalization sees, over a data set.",
    discussion: """
      Pictures go into the model as MODEL.json beside MODEL.onnx tells. Tensor files are .npy or .pb, each with one or \
      more samples; a model with several inputs takes a folder for each sample, with a file for each input. \
      The variance is that of the data set, whatever the mini-batches, but for --estimator paper: Algorithm 2 of arXiv \
      1502.03167, the mean of the mini-batches' variances times m'/(m'-1), where m' = m·p·q.

      EXAMPLES
        infold statistics model.onnx --images pictures
        infold statistics model.onnx --images pictures -o new.onnx
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("Take the pictures in this folder: JPEG, PNG, WebP, GIF or BMP.", valueName: "folder"))
  var images: String?

  @Option(help: ArgumentHelp("Take the tensors in this folder.", valueName: "folder"))
  var inputs: String?

  @Option(help: "The samples of a mini-batch. (default: about 32)")
  var batchSize: Int?

  @Flag(help: "One mean and variance per activation, not per feature map.")
  var perActivation = false

  @Flag(help: "Divide the squared deviations by M - 1: --estimator unbiased.")
  var unbiased = false

  @Option(help: "The variance: population, unbiased or paper. (default: population)")
  var estimator: BatchStatistics.Estimator?

  @Flag(help: "Let each layer see inputs normalized by the new statistics. Holds the whole data set in memory.")
  var sequential = false

  @Option(name: .shortAndLong, help: ArgumentHelp("Write the model with the new statistics.", valueName: "file"))
  var output: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    try ModelOutput.check(output, json: json)
    if (images == nil) == (inputs == nil) { throw ValidationError("give either --images or --inputs, a folder") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize), and must be at least 1") }
    if unbiased, let estimator, estimator != .unbiased {
      throw ValidationError("--unbiased and --estimator \(estimator.rawValue) are different variances")
    }
  }

  func run() throws {
    let model = try runtime.reading.model(model)
    let collector = try inModelFile { () throws(InfoldError) in
      try StatisticsCollector(
        model,
        options: .init(
          batchSize: batchSize, perActivation: perActivation, isSequential: sequential, estimator: chosenEstimator),
        session: runtime.session)
    }
    if output != nil { try inModelFile { () throws(InfoldError) in try collector.checkReplaceable() } }
    let dataSet = try dataSet(of: model)
    var progress = ProgressBar("collecting")
    defer { progress.finish() }
    let statistics = try inModelFile { () throws(InfoldError) in
      try collector.collect(sampleCount: dataSet.count, progress: { progress.update($0, of: $1) }) {
        index throws(InfoldError) in try dataSet.sample(index)
      }
    }
    let file = ModelOutput(argument: output ?? "")
    var sidecar: Sidecar.Carried?
    if let output {
      let model = try inModelFile { () throws(InfoldError) in try statistics.model() }
      _ = try runtime.reading.limitingMemory { () throws(InfoldError) in try file.write(model) }
      sidecar = try Sidecar.carry(from: self.model, to: output)
    }
    progress.finish()
    let report = StatisticsReport(
      statistics, batchSize: collector.batchSize, estimator: chosenEstimator, isSequential: sequential, written: output)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try file.report(report.text + (sidecar.map { $0.text.paragraph() } ?? ""))
    }
  }

  private var chosenEstimator: BatchStatistics.Estimator { estimator ?? (unbiased ? .unbiased : .population) }

  private func dataSet(of model: Model) throws(InfoldError) -> DataSet {
    let inputs = model.graph.inputs.map(model.graph.info)
    if let images { return try DataSet(pictures: images, model: self.model, inputs: inputs) }
    return try DataSet(tensors: self.inputs!, inputs: inputs)
  }

  /// Work that counts in the memory limit. Errors of files keep their own names.
  private func inModelFile<Result>(_ body: () throws(InfoldError) -> Result) throws(InfoldError) -> Result {
    try annotatingErrors({ $0.inArgument(model) }) { () throws(InfoldError) in
      try runtime.reading.limitingMemory(body)
    }
  }
}

extension BatchStatistics.Estimator: ExpressibleByArgument {}
