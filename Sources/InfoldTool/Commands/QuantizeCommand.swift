import ArgumentParser
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// `infold quantize`: writes a model that computes with numbers of 8 bits.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model to 8 bits, with or without sample pictures, and write it as ONNX.",
    discussion: """
      Batch normalization is folded first. Weights become int8 with a scale for each output channel, values between nodes \
      uint8 with a scale and a zero point, written as QuantizeLinear and DequantizeLinear around Conv, Gemm, MatMul, Add, \
      pools and what moves numbers; everything else goes on with floats. A model of opset 7 to 12 is brought to 13.

      The ranges of values come from samples like those that the model is for: some dozens of pictures (--images, prepared \
      as MODEL.json says) or tensor files (--inputs). Without samples they come from the statistics of the batch \
      normalizations, and from random pictures where those say nothing.

      Biases make up for what the rounding of weights changes on average, and channels are scaled to use the range that \
      they share. With samples, a method that makes the outputs worse is left out again; the report says what each brought. \
      The table shows by how many decibels each value exceeds its error (SQNR), over all samples and in the worst of them. \
      infold inspect --nodes lists what --exclude can name.

      EXAMPLES
        infold quantize model.onnx -o quantized.onnx
        infold quantize model.onnx --images pictures -o quantized.onnx --html quantized.html
        infold quantize model.onnx --images pictures --rounding search --budget 2 -o quantized.onnx
      """)

  @Argument(help: "The ONNX model, with floats.", completion: .file(extensions: ["onnx"]))
  var model: String

  @OptionGroup var folders: SampleFolders

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where the quantized model is written.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: "How samples give ranges: minmax, percentile, or mse, the least mean squared error. (default: minmax)")
  var method: Method?

  @Option(help: "The percentage of the numbers that a range covers, above 50. (default: 99.99)")
  var percentile: Double?

  @Flag(inversion: .prefixedNo, help: "Scale channels so that they use the range that they share.")
  var equalize = true

  @Flag(inversion: .prefixedNo, help: "Let biases make up for what the rounding of weights changes on average.")
  var correctBiases = true

  @Option(help: "How weights are rounded: nearest, or search, together for each layer. (default: nearest)")
  var rounding: Rounding?

  @Option(
    help: ArgumentHelp(
      "The most multiplications of the search, in thousands of millions: layers beyond it are rounded to nearest. (default: \(Int(WeightRounding.usualLimit)))",
      valueName: "number"))
  var roundingLimit: Double?

  @Option(
    help: ArgumentHelp(
      "Leave those nodes in floats that gain most at the outputs, with at most this percentage of the multiplications. (default: 0)",
      valueName: "percentage"))
  var budget: Double?

  @Option(help: ArgumentHelp("Leave this node as it is. May be given several times.", valueName: "node"))
  var exclude: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(
    help: ArgumentHelp(
      "Write a page with errors, ranges, and what each method brought to this file.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  /// How ranges are found.
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case minmax
    case percentile
    case mse
  }

  /// How weights are rounded.
  enum Rounding: String, ExpressibleByArgument, CaseIterable {
    case nearest
    case search
  }

  func validate() throws {
    try ModelOutput.check(output, json: json)
    if folders.images != nil, folders.inputs != nil {
      throw ValidationError("give either --images or --inputs, a folder, or neither")
    }
    if folders.isGiven, !sizes.shape.isEmpty {
      throw ValidationError("--shape says how large random pictures are; --images and --inputs have their own sizes")
    }
    if let percentile {
      guard percentile > 50, percentile <= 100 else {
        throw ValidationError("--percentile is \(percentile), and must be above 50 and at most 100")
      }
      if let method, method != .percentile {
        throw ValidationError("--percentile says what --method percentile covers")
      }
    }
    if let roundingLimit {
      guard roundingLimit > 0, roundingLimit <= 1e9 else {
        throw ValidationError("--rounding-limit is \(roundingLimit), and must be above 0 and at most 1e9")
      }
      if rounding == .nearest { throw ValidationError("--rounding-limit is that of --rounding search") }
    }
    if let budget, !(budget >= 0 && budget <= 100) {
      throw ValidationError("--budget is \(budget), and must be a percentage, 0 to 100")
    }
  }

  func run() throws {
    let file = ModelOutput(argument: output)
    try file.requireOther(than: model)
    try refuseStandardOutput(html, option: "--html")
    let original = try runtime.reading.model(model)
    let size = model == StandardInput.argument ? nil : try? RegularFile(path: model).size
    let quantizer = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try StaticQuantizer(original, options: options, session: runtime.session)
    }
    let infos = original.graph.inputs.map(original.graph.info)
    let (network, comparison, names) =
      try folders.isGiven ? fromSamples(quantizer, infos) : withoutSamples(quantizer, infos)
    let newSize = try runtime.reading.limitingMemory { () throws(InfoldError) in try file.write(network.model) }
    let sidecar = try Sidecar.carry(from: model, to: output)
    let report = QuantizationReport(
      quantizer, network, comparison, samples: folders.isGiven ? names : nil, compared: names, method: methodText,
      output: output, bytesBefore: size, bytesAfter: newSize)
    if let html { try PageLinks.write(QuantizationPage(report, model: model).html, to: html) }
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try file.report(report.text + (sidecar.map { $0.text.paragraph() } ?? ""))
    }
  }

  private typealias Quantized = (QuantizedNetwork, QuantizationComparison, names: [String])

  private func fromSamples(_ quantizer: StaticQuantizer, _ infos: [ValueInfo]) throws -> Quantized {
    let samples = try folders.dataSet(ofModel: model, infos)
    let network = try quantize { progress throws(InfoldError) in
      try quantizer.quantize(count: samples.count, progress: progress) { index throws(InfoldError) in
        try samples.sample(index)
      }
    }
    let comparison = try compare(samples.count) { progress throws(InfoldError) in
      try quantizer.compare(network, count: samples.count, progress: progress) { index throws(InfoldError) in
        try samples.sample(index)
      }
    }
    return (network, comparison, (0..<samples.count).map(samples.name))
  }

  private func withoutSamples(_ quantizer: StaticQuantizer, _ infos: [ValueInfo]) throws -> Quantized {
    let shapes = try sizes.shapes().sizes
    let ranges = try pictureRanges(infos)
    let network = try quantize { progress throws(InfoldError) in
      try quantizer.quantizeWithoutSamples(shapes: shapes, ranges: ranges, progress: progress)
    }
    let comparison = try compare(StaticQuantizer.randomPictures) { progress throws(InfoldError) in
      try quantizer.compareWithoutSamples(network, shapes: shapes, ranges: ranges, progress: progress)
    }
    return (network, comparison, (1...StaticQuantizer.randomPictures).map { "random picture \($0)" })
  }

  /// What the sidecar, where there is one, says of the range of pictures.
  private func pictureRanges(_ infos: [ValueInfo]) throws -> [String: ClosedRange<Double>] {
    guard let path = Sidecar.path(besideArgument: model), FileStatus(path) != nil else { return [:] }
    let preprocessing = try Sidecar(ofModel: model, PictureModel(inputs: infos)).preprocessing
    var ends: [Double] = []
    for (mean, deviation) in zip(preprocessing.mean, preprocessing.standardDeviation) {
      for level in [0, 255] as [Double] { ends.append((level - Double(mean)) / Double(deviation)) }
    }
    guard let lower = ends.min(), let upper = ends.max(), lower.isFinite, upper.isFinite else { return [:] }
    return [preprocessing.input: lower...upper]
  }

  private func quantize(
    _ body: ((QuantizationProgress) -> Void) throws(InfoldError) -> QuantizedNetwork
  ) throws -> QuantizedNetwork {
    var phase: QuantizationProgress.Phase?
    var bar = ProgressBar("calibrating")
    defer { bar.finish() }
    return try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try body { progress in
        if progress.phase != phase {
          bar.finish()
          bar = ProgressBar(progress.phase.rawValue)
          phase = progress.phase
        }
        bar.update(progress.done, of: progress.total)
      }
    }
  }

  private func compare(
    _ count: Int, _ body: ((Int) -> Void) throws(InfoldError) -> QuantizationComparison
  ) throws -> QuantizationComparison {
    var bar = ProgressBar("comparing")
    defer { bar.finish() }
    return try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try body { bar.update($0, of: count) }
    }
  }

  private var options: QuantizationOptions {
    var options = QuantizationOptions(method: chosenMethod, excluded: Set(exclude))
    options.equalizesChannels = equalize
    options.correctsBiases = correctBiases
    if rounding == .search || roundingLimit != nil {
      options.rounding = WeightRounding.search(limit: roundingLimit ?? WeightRounding.usualLimit)
    }
    options.floatBudget = budget ?? 0
    return options
  }

  private var chosenMethod: CalibrationMethod {
    if method == .mse { return .meanSquaredError }
    return method == .percentile || percentile != nil ? .percentile(percentile ?? 99.99) : .minmax
  }

  private var methodText: String {
    switch chosenMethod {
    case .minmax: "minmax"
    case .percentile(let percentage): "percentile \(NumberText.significant(percentage))"
    case .meanSquaredError: "mse"
    }
  }
}
