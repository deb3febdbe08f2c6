import ArgumentParser
import InfoldFiles
import InfoldGraph
import InfoldONNX
import InfoldQuantization
import InfoldRuntime

/// `infold quantize`: writes a model that computes with 8 bits.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model to 8 bits, with ranges that pictures or tensors show.",
    discussion: """
      Static quantization: batch normalizations are folded, weights become int8 with a scale for each output channel, and \
      the values between operators uint8 with one scale each, found by running the samples. The model that is written says \
      so by QuantizeLinear and DequantizeLinear around the operators, which other runtimes read as well.

      Pictures go into the model as MODEL.json beside MODEL.onnx tells, and tensor files are those of `infold statistics`. \
      A hundred samples that look like those of later do; all are run twice, to find the ranges and to measure the errors.

      EXAMPLES
        infold quantize model.onnx --images pictures -o model-int8.onnx
        infold quantize model.onnx --images pictures --percentile 99.99 -o model-int8.onnx
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("Take the pictures in this folder, JPEG or PNG.", valueName: "folder"))
  var images: String?

  @Option(help: ArgumentHelp("Take the tensors in this folder.", valueName: "folder"))
  var inputs: String?

  @Option(
    help: ArgumentHelp(
      "Leave so much of each value's numbers inside of its range, 50 to 100. (default: all)", valueName: "percent"))
  var percentile: Double?

  @Option(help: ArgumentHelp("Leave this node in floats. May be repeated.", valueName: "node"))
  var exclude: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the quantized model is written.", valueName: "file"))
  var output: String

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    if (images == nil) == (inputs == nil) { throw ValidationError("give either --images or --inputs, a folder") }
    if let percentile, !(50...100).contains(percentile) {
      throw ValidationError("--percentile is \(percentile), and must be from 50 to 100")
    }
  }

  func run() throws {
    let original = try runtime.reading.model(model)
    let quantizer = try annotatingErrors({ $0.inFile(model) }) { () throws(InfoldError) in
      try Quantizer(
        original,
        options: QuantizationOptions(method: percentile.map { .percentile($0) } ?? .minMax, excluded: exclude),
        session: runtime.session)
    }
    let dataSet = try dataSet(of: original)
    var progress = ProgressBar("quantizing")
    defer { progress.finish() }
    let (quantized, report) = try quantizer.quantize(
      sampleCount: dataSet.count, progress: { progress.update($0, of: $1) }
    ) { index throws(InfoldError) in try dataSet.sample(index) }
    let before = try RegularFile(path: model).size
    try quantized.write(to: output)
    progress.finish()
    let summary = QuantizationSummary(
      report, bytesBefore: before, bytesAfter: try RegularFile(path: output).size,
      output: output)
    if json {
      try StandardOutput.writeJSON(summary)
    } else {
      try StandardOutput.write(summary.text)
    }
  }

  private func dataSet(of model: Model) throws(InfoldError) -> DataSet {
    let inputs = model.graph.inputs.map(model.graph.info)
    if let images { return try DataSet(pictures: images, model: self.model, inputs: inputs) }
    return try DataSet(tensors: self.inputs!, inputs: inputs)
  }
}
