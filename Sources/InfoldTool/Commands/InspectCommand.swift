import ArgumentParser
import InfoldGraph
import InfoldONNX

/// `infold inspect`: says what a model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show inputs, outputs, operators, parameters and multiply-accumulates of a model.",
    discussion: "Multiply-accumulates are those of a batch of 1. Models that Infold cannot run can be inspected too.")

  @Argument(help: "The ONNX model.")
  var model: String

  @Flag(help: "Print one JSON value.")
  var json = false

  func run() throws {
    let report = ModelReport(try Model(path: model), file: model)
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
    }
  }
}
