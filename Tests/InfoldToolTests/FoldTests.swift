import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold fold` and `infold validate`, as processes.
@Suite struct FoldTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Conv and BatchNormalization, and one normalization that cannot be folded.
  private func model(irVersion: Int = 8) throws -> String {
    var network = NetworkBuilder()
    let x = network.input(["N", 2, 6, 6], "image")
    let y = try network.node("Conv", [x, network.weights([3, 2, 3, 3])], name: "conv")
    let z = try network.normalization(y, channels: 3, name: "bn")
    let w = try network.normalization(network.node("Relu", [z]), channels: 3, name: "stays")
    var graph = try network.finished(network.node("Relu", [w], name: "last"))
    if irVersion < 4 { graph.listedConstants = graph.valueIDs.filter(graph.isConstant) }
    let path = folder.path("model.onnx")
    try Model(graph: graph, irVersion: irVersion, opsetImports: [Model.OpsetImport(version: 13)]).write(to: path)
    return path
  }

  @Test func foldsAndValidates() throws {
    let model = try model(), output = folder.path("folded.onnx"), page = folder.path("page.html")
    let result = try infold("fold", model, "-o", output)
    #expect(result.status == 0)
    #expect(result.output.contains("1 of 2 batch normalizations folded"))
    #expect(result.output.contains("\"stays\" (BatchNormalization) is not folded: "))
    let report: [String: Any] = try infold("validate", model, "--folded", output, "--html", page, "--json").json()
    #expect(report["passed"] as? Bool == true)
    #expect((report["sites"] as? [[String: Any]])?.count == 1)
    #expect((report["outputs"] as? [[String: Any]])?.first?["name"] as? String == "last.out")
    #expect(try String(contentsOfFile: page, encoding: .utf8).hasPrefix("<!doctype html>"))
    let text = try infold("validate", model, "--samples", "1")
    #expect(text.status == 0)
    #expect(text.output.contains("passed"))
    #expect(text.error == "")
  }

  /// Conv and BatchNormalization without names, and a Relu.
  private func small() throws -> String {
    var network = NetworkBuilder(seed: 4)
    let x = network.input([1, 2, 6, 6], "image")
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 3, 3])]), channels: 3)
    var graph = try network.finished(network.node("Relu", [y]))
    for id in graph.nodeIDs { graph[id].name = "" }
    let path = folder.path("small.onnx")
    try Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: path)
    return path
  }

  @Test func aModelThatIsFoldedLeavesNothingToProve() throws {
    let model = try small(), output = folder.path("folded.onnx"), page = folder.path("page.html")
    #expect(try infold("fold", model, "-o", output).status == 0)
    for again in [["validate", output], ["validate", output, "--folded", output]] {
      let text = try infold(again + ["--html", page])
      #expect(text.status == 2)
      #expect(text.output.hasPrefix("nothing to validate\n"))
      #expect(text.error.hasPrefix("infold: ") && text.error.contains("nothing to validate: "), "\(text.error)")
      #expect(text.output.contains("infold validate ORIGINAL --folded"))
      #expect(!text.output.contains("passed") && !text.output.contains("0 of 0"))
      let html = try String(contentsOfFile: page, encoding: .utf8)
      #expect(html.contains("nothing to validate</span>") && !html.contains(">passed</span>"))
      let json = try infold(again + ["--json"])
      #expect(json.status == 2)
      let report: [String: Any] = try json.json()
      #expect(report["passed"] as? Bool == false && report["outcome"] as? String == "nothingToValidate")
    }
    #expect(try infold("validate", model, "--folded", output).status == 0)
  }

  /// With --precision, what a session runs is validated on its own, in one precision or in all.
  @Test func provesWhatASessionRuns() throws {
    let model = try small(), output = folder.path("folded.onnx")
    #expect(try infold("fold", model, "-o", output).status == 0)
    let text = try infold("validate", output, "--precision", "all", "--samples", "1")
    #expect(text.status == 0, "\(text.output)\(text.error)")
    #expect(text.output.contains("precision fast: ") && text.output.contains("precision exact: "))
    let report: [String: Any] = try infold("validate", model, "--precision", "exact", "--json").json()
    let sessions = try #require(report["sessions"] as? [[String: Any]])
    #expect(sessions.count == 1 && sessions[0]["precision"] as? String == "exact")
    #expect(sessions[0]["passed"] as? Bool == true && (sessions[0]["layers"] as? [Any])?.isEmpty == false)
    try expectRefusal(["validate", model, "--precision", "half"], "half")
  }

  /// The report gives the reason why a normalization is not folded, its multiplications, and with
  /// --costs its time.
  @Test func explainsWhatStays() throws {
    let model = try model()
    let text = try infold("validate", model, "--samples", "1")
    #expect(text.status == 0)
    #expect(
      text.output.contains("\"stays\" (BatchNormalization) is not folded: ") && text.output.contains("computed as x"))
    #expect(text.output.contains("multiplications") && !text.output.contains("of a run"))
    let report: [String: Any] = try infold("validate", model, "--costs", "--json").json()
    let unfolded = try #require(report["unfoldedNormalizations"] as? [[String: Any]])
    let cost = try #require(unfolded.first?["cost"] as? [String: Any])
    #expect(unfolded.count == 1 && unfolded[0]["passed"] as? Bool == true)
    #expect(cost["nanoseconds"] is Int && cost["shareOfTime"] is Double)
  }

  @Test func saysWhatAFileIsThatIsNotFolded() throws {
    let model = try small(), output = folder.path("quantized.onnx"), samples = folder.path("samples")
    try expectRefusal(["validate", model, "--folded", model], "is not folded", model)
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: false)
    var random = SplitMix64(seed: 3)
    _ = try folder.write("samples/a.npy", NumPyFile.encode(random.tensor([1, 2, 6, 6])))
    #expect(try infold("quantize", model, "--inputs", samples, "-o", output).status == 0)
    try expectRefusal(["validate", model, "--folded", output], "is a quantized model", output)
  }

  @Test func goesOnBehindAFileThatCannotBeRead() throws {
    let model = try small(), samples = folder.path("samples")
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: false)
    var random = SplitMix64(seed: 3)
    let bad = try folder.write("samples/a.npy", Array("no tensor".utf8))
    let good = try folder.write("samples/b.npy", NumPyFile.encode(random.tensor([1, 2, 6, 6])))
    let result = try infold("validate", model, "--inputs", samples, "--json")
    #expect(result.status == 2)
    #expect(result.error.contains(bad) && result.error.filter { $0 == "\n" }.count == 1)
    let report: [String: Any] = try result.json()
    #expect(report["inputs"] as? [String] == [good] && report["passed"] as? Bool == true)
    try FileManager.default.removeItem(atPath: good)
    try expectRefusal(["validate", model, "--inputs", samples], bad)
  }

  @Test func raisesTheIRVersion() throws {
    let output = folder.path("folded.onnx")
    let report: [String: Any] = try infold("fold", try model(irVersion: 3), "-o", output, "--json").json()
    #expect(report["raisedIRVersion"] as? Bool == true)
    #expect(report["folded"] as? Int == 1)
    let folded = try Model(path: output, operators: .standard)
    #expect(folded.irVersion == 4)
    #expect(folded.graph.inputs.map { folded.graph[$0].name } == ["image"])
  }

  @Test func failsForAWrongWeight() throws {
    let model = try model(), output = folder.path("folded.onnx")
    _ = try infold("fold", model, "-o", output)
    var folded = try Model(path: output, operators: .standard)
    let weight = try #require(folded.graph.nodes.first { $0.opType == "Conv" }?.inputs[1])
    let tensor = try #require(folded.graph.constant(weight))
    var elements: [Float] = try tensor.elements()
    elements[20] *= 1.00001
    folded.graph[weight].initializer = Initializer(try Tensor(shape: tensor.shape, elements))
    try folded.write(to: output)
    let result = try infold("validate", model, "--folded", output)
    #expect(result.status == 1)
    #expect(result.output.contains("node \"conv\" (Conv): weight element 20 (channel 1)"))
  }

  @Test func takesTensorFiles() throws {
    let model = try model()
    var random = SplitMix64(seed: 1)
    try folder.write("samples/a.pb", TensorFile(try random.tensor([1, 2, 6, 6])).serialized())
    try folder.write("samples/b.pb", TensorFile(try random.tensor([2, 2, 6, 6])).serialized())
    let report: [String: Any] = try infold("validate", model, "--inputs", folder.path("samples"), "--json").json()
    #expect(report["passed"] as? Bool == true)
    #expect((report["inputs"] as? [String])?.count == 2)
  }

  @Test func refusesBadUsage() throws {
    let model = try model()
    try expectRefusal(["fold", model], "output")
    try expectRefusal(["fold", folder.path("none.onnx"), "-o", folder.path("out.onnx")], "none.onnx")
    try expectRefusal(["fold", model, "-o", folder.path("none/out.onnx")], "out.onnx")
    try expectRefusal(["validate", model, "--samples", "0"], "--samples")
    try expectRefusal(["validate", model, "--samples", "1", "--images", folder.path], "cannot be combined")
    try expectRefusal(["validate", model, "--images", folder.path], "model.json")
    try expectRefusal(["validate", model, "--images", folder.path, "--shape", "image=1x2x6x6"], "--shape")
    try expectRefusal(["validate", model, "--folded", repositoryFile("Models/efficientnet-lite0.onnx")], "inputs")
  }
}
