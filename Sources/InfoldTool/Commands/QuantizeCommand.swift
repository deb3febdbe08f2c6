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

/// `infold quantize`: writes a model that computes with 8-bit numbers.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model to 8 bits, with or without sample pictures, and write it as ONNX.",
    discussion: """
      The result is in QDQ format. Conv, Gemm, MatMul, Add, Concat, pools, and operators that move elements run between \
      DequantizeLinear and QuantizeLinear; all other nodes stay in float. Weights become int8 with a scale for each output \
      channel, values uint8 with a scale and a zero point. Batch normalization is folded first, and a model of opset 7 to \
      12 is raised to 13.

      The ranges of values come from samples like the real inputs. These are a few dozen pictures (--images, \
      preprocessed as MODEL.json specifies) or tensor files (--inputs). Without samples, the ranges come from the \
      statistics of batch normalizations, and from random pictures for values that the statistics do not cover.

      Biases compensate for the mean error of rounded weights, and channels are scaled to use more of the range that they \
      share. With samples, a method that makes the outputs worse is not used. The report shows the effect of each method, \
      and the signal-to-noise ratio (SQNR) of each value in decibels, over all samples and for the worst one. \
      'infold inspect --nodes' lists the nodes that --exclude accepts.

      EXAMPLES
        infold quantize model.onnx -o quantized.onnx
        infold quantize model.onnx --images pictures -o quantized.onnx --html quantized.html
        infold quantize model.onnx --images pictures --rounding search --budget 2 -o quantized.onnx
      """)

  @Argument(help: "The float32 ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @OptionGroup var folders: SampleFolders

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the quantized model to this file.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(
    help: "How samples determine ranges: minmax, percentile, or mse (least mean squared error). (default: minmax)")
  var method: Method?

  @Option(help: "The percentage of numbers that a range covers, above 50. (default: 99.99)")
  var percentile: Double?

  @Flag(inversion: .prefixedNo, help: "Scale channels to use more of the range that they share.")
  var equalize = true

  @Flag(inversion: .prefixedNo, help: "Let biases compensate for the mean error of rounded weights.")
  var correctBiases = true

  @Option(help: "How to round weights: nearest, or search (those of an output channel together). (default: nearest)")
  var rounding: Rounding?

  @Option(
    help: ArgumentHelp(
      "The maximum number of multiplications of --rounding search, in billions. The remaining layers are rounded to nearest. (default: \(Int(WeightRounding.defaultLimit)))",
      valueName: "number"))
  var roundingLimit: Double?

  @Option(
    help: ArgumentHelp(
      "Keep nodes in float, up to this percentage of the multiplications: those that improve the outputs most. (default: 0)",
      valueName: "percentage"))
  var budget: Double?

  @Option(help: ArgumentHelp("Keep this node in float. May be given several times.", valueName: "node"))
  var exclude: [String] = []

  @OptionGroup var sizes: ShapeOptions

  @Option(
    help: ArgumentHelp(
      "Write an HTML page with errors, ranges, and the effect of each method.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  /// The calibration methods.
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case minmax
    case percentile
    case mse
  }

  /// The rounding modes of weights.
  enum Rounding: String, ExpressibleByArgument, CaseIterable {
    case nearest
    case search
  }

  func validate() throws {
    try ModelOutput.check(output, json: json)
    if folders.images != nil, folders.inputs != nil {
      throw ValidationError("--images and --inputs cannot be combined")
    }
    if folders.isGiven, !sizes.shape.isEmpty {
      throw ValidationError("--shape applies to random pictures only, not to --images or --inputs")
    }
    if let percentile {
      guard percentile > 50, percentile <= 100 else {
        throw ValidationError("--percentile is \(percentile), but must be above 50 and at most 100")
      }
      if let method, method != .percentile {
        throw ValidationError("--percentile requires --method percentile")
      }
    }
    if let roundingLimit {
      guard roundingLimit > 0, roundingLimit <= 1e9 else {
        throw ValidationError("--rounding-limit is \(roundingLimit), but must be above 0 and at most 1e9")
      }
      if rounding == .nearest { throw ValidationError("--rounding-limit requires --rounding search") }
    }
    if let budget, !(budget >= 0 && budget <= 100) {
      throw ValidationError("--budget is \(budget), but must be a percentage, 0 to 100")
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

  /// Returns the range of picture inputs that the sidecar specifies, if there is one.
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
      options.rounding = WeightRounding.search(limit: roundingLimit ?? WeightRounding.defaultLimit)
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
