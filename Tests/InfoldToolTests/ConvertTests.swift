import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold convert`, as a process.
@Suite struct ConvertTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 8, 8])
    let hidden = try network.node("Relu", [network.node("Conv", [x, network.weights([16, 3, 3, 3])])])
    let y = try network.node("Flatten", [network.node("GlobalAveragePool", [hidden])], name: "scores")
    model = folder.path("model.onnx")
    try Model(
      graph: network.finished(y), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]
    ).write(to: model)
  }

  private var output: String { folder.path("half.onnx") }

  @Test func writesAndReports() throws {
    let result = try infold("convert", model, "--to", "float16", "--shape", "N=2", "-o", output, "--json")
    #expect(result.status == 0 && result.error == "")
    let report: [String: Any] = try result.json()
    #expect(report["type"] as? String == "float16" && report["convertedNodes"] as? Int == 4)
    #expect(report["samples"] as? Int == 2 && report["rows"] as? Int == 4)
    let before = try #require(report["bytesBefore"] as? Int), after = try #require(report["bytesAfter"] as? Int)
    #expect(after < before)
    let half = try Model(path: output, operators: .standard)
    #expect(half.graph.nodes.count { $0.opType == "Cast" } == 2)
    let text = try infold("convert", model, "--to", "float16", "--shape", "N=1", "-o", output).output
    #expect(text.contains("4 nodes") && text.contains("scores.out") && text.contains(" dB"))
  }

  @Test(arguments: [
    (["--to", "float8"], "float16"), (["--to", "float16", "--samples", "0"], "--samples"),
    (["--to", "bfloat16", "--shape", "N=1", "-o", "-", "--json"], "-o -"),
  ]) func refuses(arguments: [String], fact: String) throws {
    let outputs = arguments.contains("-o") ? [] : ["-o", output]
    let result = try infold(["convert", model] + arguments + outputs)
    #expect(result.status == 2 && result.error.contains(fact))
  }

  @Test func doesNotOverwriteItsModel() throws {
    let result = try infold("convert", model, "--to", "float16", "--shape", "N=1", "-o", model)
    #expect(result.status == 2 && result.error.contains("-o"))
  }
}
