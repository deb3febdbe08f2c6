import ArgumentParser
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// `infold fold`: writes a model with its batch normalizations folded.
struct FoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fold",
    abstract: "Fold batch normalization into weights, and write the model as ONNX.",
    discussion: """
      A batch normalization, or a scale and shift per channel, is folded into the neighboring convolution or matrix \
      product if that changes results only by rounding. Batch normalizations that cannot be folded stay, and are listed \
      with the reason. Bodies of If and Loop are folded too; a model-local function is inlined if something in it is \
      folded. Constants are computed only if a weight depends on them.

      A sidecar MODEL.json is copied next to the new model, unless that already has one. As a path, - means \
      standard input or output.

      EXAMPLES
        infold fold model.onnx -o folded.onnx
        infold fold - -o - < model.onnx > folded.onnx
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the folded model to this file.", valueName: "file"),
    completion: .file())
  var output: String

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var reading: ModelOptions

  func validate() throws { try ModelOutput.check(output, json: json) }

  func run() throws {
    var bar = ProgressBar("folding")
    defer { bar.finish() }
    let file = ModelOutput(argument: output)
    let summary = try reading.limiting { () throws(InfoldError) -> Report in
      let original = try reading.model(model)
      bar.update(1, of: 3)
      let folding = try annotatingErrors({ $0.inArgument(model) }) { () throws(InfoldError) in
        try FoldBatchNormalization().fold(original)
      }
      bar.update(2, of: 3)
      try file.write(folding.model)
      let sidecar = try Sidecar.carry(from: model, to: output)
      bar.finish()
      return Report(folding, output: output, sidecar: sidecar)
    }
    if json {
      try StandardOutput.writeJSON(summary)
    } else {
      try file.report(summary.text)
    }
  }
}

extension FoldCommand {
  private struct Report: Encodable {
    struct Site: Encodable {
      var node: String
      var absorbed: [String]
    }

    struct Refusal: Encodable {
      var node: String
      var reason: String
    }

    var normalizations: Int
    var folded: Int
    var sites: [Site]
    /// The batch normalizations that were folded into the scales of quantized weights.
    var scaledQuantizations: [String]
    var refusals: [Refusal]
    var raisedIRVersion: Bool
    var output: String
    /// The sidecar of the output and its file of class names, if they were copied.
    var sidecar: [String]
    private var sidecarText: String?

    private enum CodingKeys: String, CodingKey {
      case normalizations, folded, sites, scaledQuantizations, refusals, raisedIRVersion, output, sidecar
    }

    init(_ folding: FoldedModel, output: String, sidecar: Sidecar.Copy?) {
      let report = folding.report
      normalizations = report.foldedNormalizations + folding.model.graph.normalizations.count
      folded = report.foldedNormalizations
      sites =
        report.sites.map { Site(node: $0.node, absorbed: $0.absorbed) }
        + report.innerSites.map { Site(node: $0.node, absorbed: $0.absorbed) }
      scaledQuantizations = report.scaledQuantizations
      refusals = report.refusals.map { Refusal(node: $0.node, reason: $0.reason) }
      raisedIRVersion = folding.raisedIRVersion
      self.output = output
      self.sidecar = sidecar?.files ?? []
      sidecarText = sidecar?.text
    }

    var text: String {
      var lines = ["\(folded) of \(normalizations) batch normalizations folded".styled(.bold)]
      let others = sites.reduce(0) { $0 + $1.absorbed.count } + scaledQuantizations.count - folded
      if others > 0 {
        lines.append(counted(others, "other scale and shift", plural: "other scales and shifts") + " folded")
      }
      lines += refusals.map { "\($0.node) is not folded: \($0.reason)" }
      if raisedIRVersion {
        lines.append("the IR version was raised to 4, and initializers are no longer inputs")
      }
      lines.append("written to \(ModelOutput(argument: output).name)")
      if let sidecarText { lines.append(sidecarText) }
      return lines.map { $0.paragraph() }.joined()
    }
  }
}
