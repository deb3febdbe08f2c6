import ArgumentParser
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldValidation

/// `infold convert`: converts a float32 model to float16 or bfloat16.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a float32 model to float16 or bfloat16.",
    discussion: """
      The converted model is half the size. Batch normalization is folded first, in double precision. Infold computes \
      such models in float32 with the rounded weights.

      A node keeps float32 if one of its results exceeds half of the type's range in a sample, or if it reads a constant \
      that the type cannot represent. Samples are pictures (--images, preprocessed as MODEL.json specifies), tensor files \
      (--inputs), or by default random inputs like natural pictures. The report compares the outputs of both models on them.

      Inputs and outputs keep float32, so programs need no change; --convert-interface converts them too. bfloat16 \
      requires opset 22. A model of an older opset is raised; a node that cannot be raised is an error.

      EXAMPLES
        infold convert model.onnx --to float16 -o half.onnx
        infold convert model.onnx --to bfloat16 --images pictures -o bfloat16.onnx
      """)

  @Argument(help: "The float32 ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: "The target type: float16 or bfloat16.")
  var to: FloatConverter.Target

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 2)")
  var samples: Int?

  @Option(help: "The seed of the first random input. Further inputs use the next numbers.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Flag(help: "Convert the inputs and outputs of the model too.")
  var convertInterface = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the converted model to this file.", valueName: "file"),
    completion: .file())
  var output: String

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    try ModelOutput.check(output, json: json)
    try folders.requireOneSource(samples: samples, sizes)
  }

  func run() throws {
    let file = ModelOutput(argument: output)
    try file.requireOther(than: model)
    let original = try runtime.reading.model(model)
    let size = model == StandardInput.argument ? nil : try? RegularFile(path: model).size
    let converter = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      try FloatConverter(original, to: to, keepsInterface: !convertInterface, session: runtime.session)
    }
    let inputs = try folders.samples(of: original, path: model, sizes, random: samples ?? 2, seed: seed)
    var bar = ProgressBar("converting")
    defer { bar.finish() }
    let (network, comparison) = try runtime.reading.limitingMemory(for: model) { () throws(InfoldError) in
      let network = try converter.convert(count: inputs.count, progress: { bar.update($0, of: 2 * inputs.count) }) {
        index throws(InfoldError) in try inputs.sample(index).inputs
      }
      let comparison = try converter.compare(
        network, count: inputs.count, progress: { bar.update(inputs.count + $0, of: 2 * inputs.count) }
      ) { index throws(InfoldError) in try inputs.sample(index).inputs }
      return (network, comparison)
    }
    let newSize = try runtime.reading.limitingMemory { () throws(InfoldError) in try file.write(network.model) }
    let sidecar = try Sidecar.carry(from: model, to: output)
    bar.finish()
    let report = ConversionReport(
      converter, network, comparison, samples: inputs.count, output: output, bytesBefore: size, bytesAfter: newSize)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try file.report(report.text + (sidecar.map { $0.text.paragraph() } ?? ""))
    }
  }
}

extension FloatConverter.Target: ExpressibleByArgument {}
