import ArgumentParser
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldRuntime
import InfoldSystem

/// `infold quantize`: writes a model that computes with numbers of 8 bits.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model to 8 bits with the ranges that pictures show, and write it as ONNX.",
    discussion: """
      Batch normalization is folded first. Weights become int8 with a scale for each output channel, values between nodes \
      uint8 with a scale and a zero point, written as QuantizeLinear and DequantizeLinear around Conv, Gemm, MatMul, Add, \
      pools and what moves numbers; everything else goes on with floats. A model of opset 7 to 12 is brought to 13.

      The ranges are those of some hundred samples like those that the model is for: pictures (--images, prepared as \
      MODEL.json says) or tensor files (--inputs). The same samples go through both models, and the table shows by how \
      many decibels each value exceeds its error (SQNR), over all samples and in the worst of them. infold inspect --nodes \
      lists what --exclude can name.

      EXAMPLES
        infold quantize model.onnx --images pictures -o quantized.onnx
        infold quantize model.onnx --images pictures --method percentile --exclude head/conv -o quantized.onnx
      """)

  @Argument(help: "The ONNX model, with floats.", completion: .file(extensions: ["onnx"]))
  var model: String

  @OptionGroup var folders: SampleFolders

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where the quantized model is written.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: "How ranges are found: minmax, or percentile. (default: minmax)")
  var method: Method?

  @Option(help: "The percentage of the numbers that a range covers, above 50. (default: 99.99)")
  var percentile: Double?

  @Option(help: ArgumentHelp("Leave this node as it is. May be given several times.", valueName: "node"))
  var exclude: [String] = []

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  /// How ranges are found.
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case minmax
    case percentile
  }

  func validate() throws {
    try ModelOutput.check(output, json: json)
    try folders.requireOne()
    if let percentile {
      guard percentile > 50, percentile <= 100 else {
        throw ValidationError("--percentile is \(percentile), and must be above 50 and at most 100")
      }
      if method == .minmax { throw ValidationError("--percentile says what --method percentile covers") }
    }
  }

  func run() throws {
    let file = ModelOutput(argument: output)
    try file.requireOther(than: model)
    let original = try runtime.reading.model(model)
    let size = model == StandardInput.argument ? nil : try? RegularFile(path: model).size
    let quantizer = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try StaticQuantizer(
        original, options: QuantizationOptions(method: chosenMethod, excluded: Set(exclude)), session: runtime.session)
    }
    let samples = try folders.dataSet(ofModel: model, original.graph.inputs.map(original.graph.info))
    var progress = ProgressBar("calibrating")
    defer { progress.finish() }
    let network = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try quantizer.quantize(count: samples.count, progress: { progress.update($0, of: samples.count) }) {
        index throws(InfoldError) in try samples.sample(index)
      }
    }
    progress.finish()
    var comparing = ProgressBar("comparing")
    defer { comparing.finish() }
    let comparison = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try quantizer.compare(network, count: samples.count, progress: { comparing.update($0, of: samples.count) }) {
        index throws(InfoldError) in try samples.sample(index)
      }
    }
    let newSize = try runtime.reading.limitingMemory { () throws(InfoldError) in try file.write(network.model) }
    let sidecar = try Sidecar.carry(from: model, to: output)
    comparing.finish()
    let report = QuantizationReport(
      quantizer, network, comparison, samples: (0..<samples.count).map(samples.name), method: methodText,
      output: output, bytesBefore: size, bytesAfter: newSize)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try file.report(report.text + (sidecar.map { $0.text.paragraph() } ?? ""))
    }
  }

  private var chosenMethod: CalibrationMethod {
    method == .percentile || percentile != nil ? .percentile(percentile ?? 99.99) : .minmax
  }

  private var methodText: String {
    switch chosenMethod {
    case .minmax: "minmax"
    case .percentile(let percentage): "percentile \(NumberText.significant(percentage))"
    }
  }
}
