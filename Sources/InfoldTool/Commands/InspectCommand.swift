import ArgumentParser
import InfoldGraph
import InfoldONNX

/// `infold inspect`: says what a model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show inputs, outputs, operators, parameters and multiply-accumulates of a model.",
    discussion: """
      Multiply-accumulates are those of a batch of 1, unless --shape gives another. --shape fixes what the model leaves open \
      in the shape of an input, and the report shows what follows. Models that Infold cannot run can be inspected too.

      EXAMPLES
        infold inspect model.onnx
        infold inspect model.onnx --shape input=1x3x224x224 --json
      """)

  @Argument(help: "The ONNX model.")
  var model: String

  @Option(help: ArgumentHelp("The shape of an input, like input=1x3x224x224.", valueName: "name=sizes"))
  var shape: [String] = []

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var reading: ModelOptions

  func run() throws {
    let shapes = try InputShapes(shape)
    let report = ModelReport(try reading.model(model).binding(inputs: shapes.sizes), file: model)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
    }
  }
}
