import ArgumentParser
import InfoldGraph
import InfoldReports
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// `infold compare`: where two models first compute something different.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Find where two models first compute something different.",
    discussion: """
      Both models are run in double precision on the same inputs. Values are found in both by their names, by what they hold, \
      and by their places in the graphs. Each is held against what the first model makes of the second one's own values \
      before it, within bounds that follow from an error analysis: constants may have been rounded anew, as by folding. The \
      first value that differs by more is named, with the way from there to the outputs, and what becomes of them.

      Channels in another order and factors that move from one layer to another are recognized, and are no difference where \
      a later layer undoes them. A second model of float16 or bfloat16 is run in its own types, so that overflows show.

      The exit code is 0 when both compute the same, but for what rounding explains, 1 when they differ, and 2 for bad usage \
      or bad input.

      Inputs are tensor files (--input for one sample, --inputs for a folder of samples), pictures (--images, prepared as \
      the JSON file beside the first model says), or random ones that are like natural pictures.

      With --recorded, values of the second model are not computed, but read from a folder: NAME.npy or NAME.pb for each \
      value, where a / or : in its name is written _, or any .pb that holds its name. Outputs must be among them; what is \
      missing is not compared. Inputs may be there as well. Without a second model they are values of the first one, as \
      another runtime computes them. Folders in the folder hold values of further inputs, as far as they are there: the more \
      of a layer's outputs there are, the smaller the changes of its weights that are found. tools/record-values.py writes all \
      of it.

      EXAMPLES
        infold compare model.onnx simplified.onnx
        infold compare model.onnx half.onnx --images pictures --html page.html
        infold compare model.onnx --recorded values
      """)

  @Argument(help: "The ONNX model that is taken to be right.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Argument(help: "The ONNX model that may differ.", completion: .file(extensions: ["onnx"]))
  var other: String?

  @Option(help: ArgumentHelp("A tensor for an input, .npy or .pb.", valueName: "name=file"), completion: .file())
  var input: [String] = []

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 1)")
  var samples: Int?

  @Option(help: "The seed of the first random input; the others follow.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Option(
    help: ArgumentHelp("Take the values of the second model from this folder.", valueName: "folder"),
    completion: .directory)
  var recorded: String?

  @Option(
    help: ArgumentHelp("Write a page with the differences, plots and outputs.", valueName: "file"), completion: .file())
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    if other == nil, recorded == nil {
      throw ValidationError("give a second model, or --recorded, a folder of its values")
    }
    try folders.requireOneSource(samples: samples, sizes)
    if !input.isEmpty, folders.isGiven {
      throw ValidationError("--input gives one sample; --images and --inputs are folders of samples")
    }
    if recorded != nil, samples ?? 1 > 1 {
      throw ValidationError("--recorded is of one sample, and --samples is \(samples ?? 1)")
    }
  }

  func run() throws {
    try refuseStandardOutput(html, option: "--html")
    let first = try reading.model(model)
    let second = try other.map { path throws(InfoldError) in try reading.model(path) } ?? first
    let comparison = try reading.limiting { () throws(InfoldError) in try ModelComparison(first, second) }
    let values = try recorded.map { folder throws(InfoldError) in
      try reading.limitingMemory { () throws(InfoldError) in try RecordedValues(folder, of: second.graph) }
    }
    let inputs = try samples(first, values)
    var bar = ProgressBar("comparing")
    let report = try reading.limitingMemory(for: model) { () throws(InfoldError) in
      defer { bar.finish() }
      if let values {
        return try comparison.run(
          inputs.sample(0), recorded: values.tensors, further: values.further, timeLimit: reading.timeLimit?.duration)
      }
      return try comparison.run(
        count: inputs.count, timeLimit: reading.timeLimit?.duration, progress: { bar.update(fraction: $0) },
        sample: inputs.sample)
    }
    if let html { try PageLinks.write(ComparisonPage(report).html, to: html) }
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
      if let html { try StandardOutput.write("page written to \(String(printable: html))\n") }
    }
    if !report.equal { throw ExitCode(ToolExit.checkFailed) }
  }

  private func samples(_ model: Model, _ values: RecordedValues?) throws(InfoldError) -> NetworkSamples {
    let shapes = try sizes.shapes()
    let graph = try model.binding(shapes).graph
    let inputs = graph.inputs.map(graph.info)
    if folders.isGiven {
      let dataSet = try folders.dataSet(ofModel: self.model, inputs)
      if values != nil, dataSet.count > 1 {
        throw InfoldError(.invalidArgument, "--recorded is of one sample, and the folder holds \(dataSet.count)")
      }
      return NetworkSamples(dataSet)
    }
    if input.isEmpty, let values {
      let recorded = values.tensors.filter { name, _ in inputs.contains { $0.name == name } }
      if !recorded.isEmpty { return NetworkSamples(ModelComparison.Sample(name: "recorded", inputs: recorded)) }
    }
    let random = try ModelInputs(inputs, files: input, shapes: shapes)
    let isGiven = inputs.allSatisfy { random.given[$0.name] != nil || $0.hasDefault }
    return NetworkSamples(
      random: random, count: isGiven ? 1 : samples ?? 1, seed: seed, name: isGiven ? "given" : nil)
  }
}
