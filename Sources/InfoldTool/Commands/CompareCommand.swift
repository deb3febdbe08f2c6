import ArgumentParser
import InfoldGraph
import InfoldReports
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// `infold compare`: finds the first value that two models compute differently.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Find the first value that two models compute differently.",
    discussion: """
      Both models run in double precision on the same inputs. Values are matched by name, by content, and by their position \
      in the graphs. Each matched value of the second model is compared with what the first model computes from the second \
      model's own operands. An error analysis bounds the difference; the bound allows for constants that were rounded again, \
      as by folding. The report names the first value that exceeds its bound, the path from there to each output, and the \
      differences of the outputs.

      Permuted channels, and factors that move from one layer to another, are not differences if a later layer undoes \
      them; the report has a note on them. If only the second model uses float16 or bfloat16, it runs in its own types, so that \
      overflows show.

      The exit code is 0 if both models compute the same values up to rounding errors, 1 if they differ, and 2 for wrong \
      usage or invalid input.

      Inputs are tensor files (--input for one sample, --inputs for a folder of samples), pictures (--images, preprocessed \
      as the JSON file next to the first model specifies), or random inputs with the statistics of natural pictures.

      With --recorded, the values of the second model are read from a folder instead of computed: NAME.npy or NAME.pb for \
      each value, with _ in place of each / or : in the name, or any .pb file that contains the name. The folder must \
      contain all outputs. It may contain the inputs. Values without a file are not compared. Without a second model, the \
      values are those of the first model, as another runtime computes them. Subfolders contain values for further inputs, \
      and may be incomplete. With more inputs and outputs of a layer, smaller changes of its weights are found. \
      tools/record-values.py writes such folders.

      EXAMPLES
        infold compare model.onnx simplified.onnx
        infold compare model.onnx half.onnx --images pictures --html page.html
        infold compare model.onnx --recorded values
      """)

  @Argument(help: "The reference ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Argument(help: "The ONNX model to compare with it.", completion: .file(extensions: ["onnx"]))
  var other: String?

  @Option(help: ArgumentHelp("A tensor for an input, .npy or .pb.", valueName: "name=file"), completion: .file())
  var input: [String] = []

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 1)")
  var samples: Int?

  @Option(help: "The seed of the first random input. Further inputs use the next numbers.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Option(
    help: ArgumentHelp("Read the values of the second model from this folder.", valueName: "folder"),
    completion: .directory)
  var recorded: String?

  @Option(
    help: ArgumentHelp("Write an HTML page with the differences and plots.", valueName: "file"), completion: .file())
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    if other == nil, recorded == nil {
      throw ValidationError("pass a second model, or --recorded with a folder of values")
    }
    try folders.requireOneSource(samples: samples, sizes)
    if !input.isEmpty, folders.isGiven {
      throw ValidationError("--input gives one sample and cannot be combined with --images or --inputs")
    }
    if recorded != nil, samples ?? 1 > 1 {
      throw ValidationError("--recorded requires one sample, but --samples is \(samples ?? 1)")
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
        throw InfoldError(.invalidArgument, "--recorded requires one sample, but the folder contains \(dataSet.count)")
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
