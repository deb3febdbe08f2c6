import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold quantize`, as a process.
@Suite struct QuantizeTests {
  private let folder: TemporaryFolder
  /// A network of an old opset, [N, 3] → [N, 4].
  private let model: String
  /// Five samples.
  private let samples: String

  init() throws {
    folder = try TemporaryFolder()
    var network = NetworkBuilder(opset: 9)
    let x = network.input(["N", 3])
    let hidden = try network.node(
      "Relu", [network.node("Gemm", [x, network.weights([3, 8]), network.weights([8])], name: "first")])
    let y = try network.node("Gemm", [hidden, network.weights([8, 4]), network.weights([4])], name: "second")
    model = folder.path("model.onnx")
    try Model(
      graph: network.finished(network.node("Softmax", [y], name: "softmax")), irVersion: 4,
      opsetImports: [Model.OpsetImport(version: 9)]
    ).write(to: model)
    samples = folder.path("samples")
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: false)
    var random = SplitMix64(seed: 3)
    for index in 0..<5 {
      _ = try folder.write("samples/\(index).npy", NumPyFile.encode(random.tensor([1, 3])))
    }
  }

  private var output: String { folder.path("quantized.onnx") }

  @Test func writesAModelAndSaysWhatItIsWorth() throws {
    let result = try infold("quantize", model, "--inputs", samples, "-o", output, "--json")
    #expect(result.status == 0 && result.error == "")
    let report: [String: Any] = try result.json()
    #expect(report["quantizedNodes"] as? Int == 2 && report["samples"] as? Int == 5)
    #expect(report["raisedFromOpset"] as? Int == 9 && report["opset"] as? Int == 13)
    #expect(report["rows"] as? Int == 5 && report["method"] as? String == "minmax")
    let values = try #require(report["values"] as? [[String: Any]])
    #expect(values.map { $0["name"] as? String } == ["x", "relu1.out", "second.out"])
    #expect(values.allSatisfy { ($0["sqnr"] as? Double ?? 0) > 30 })
    #expect((report["weights"] as? [[String: Any]])?.count == 2)
    #expect(report["bytesAfter"] as? Int == FileManager.default.contents(atPath: output)?.count)
    let quantized = try Model(path: output, operators: .standard)
    #expect(quantized.opsetVersion() == 13)
    #expect(quantized.graph.nodes.count { $0.opType == "QuantizeLinear" } == 3)
  }

  @Test func printsATable() throws {
    let text = try infold("quantize", model, "--inputs", samples, "-o", output, "--exclude", "first").output
    #expect(text.contains("1 node quantized, ranges of 5 samples (minmax)"))
    #expect(text.contains("from opset 9 to 13"))
    #expect(text.contains("SQNR dB"))
    #expect(text.contains("output softmax.out: "))
    #expect(text.contains("the same best class for "))
  }

  /// One sample with large numbers dominates the ratio over all samples. The worst sample is
  /// reported.
  @Test func namesTheWorstSample() throws {
    _ = try folder.write("samples/huge.npy", NumPyFile.encode(Tensor(shape: [1, 3], [3000, -2000, 1000] as [Float])))
    let result = try infold("quantize", model, "--inputs", samples, "-o", output, "--json")
    let report: [String: Any] = try result.json()
    let value = try #require((report["values"] as? [[String: Any]])?.first)
    let worst = try #require(value["worstSample"] as? [String: Any])
    #expect(worst["name"] as? String != samples + "/huge.npy")
    #expect(try #require(worst["sqnr"] as? Double) < 10 && #require(value["sqnr"] as? Double) > 30)
    #expect((report["warnings"] as? [String])?.first?.contains("6 samples are few") == true)
    let text = try infold("quantize", model, "--inputs", samples, "-o", output).output
    #expect(text.contains("dB, at worst ") && text.contains(", for \(samples)/"))
    #expect(text.contains("warning: 6 samples are few"))
  }

  /// --exclude accepts the names that inspect --nodes lists, also for a node without a name into
  /// which others are folded.
  @Test func excludesNodesWithoutANameThatInspectLists() throws {
    var network = NetworkBuilder(seed: 4)
    let x = network.input([1, 2, 6, 6])
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 3, 3])]), channels: 3)
    var graph = try network.finished(network.node("Conv", [network.node("Relu", [y]), network.weights([3, 3, 1, 1])]))
    for id in graph.nodeIDs { graph[id].name = "" }
    let model = folder.path("unnamed.onnx"), samples = folder.path("images")
    try Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: model)
    try FileManager.default.createDirectory(atPath: samples, withIntermediateDirectories: false)
    var random = SplitMix64(seed: 3)
    _ = try folder.write("images/a.npy", NumPyFile.encode(random.tensor([1, 2, 6, 6])))
    let list: [String: Any] = try infold("inspect", model, "--nodes", "--json").json()
    let nodes = try #require(list["nodes"] as? [[String: Any]])
    #expect(nodes.map { $0["type"] as? String } == ["Conv", "BatchNormalization", "Relu", "Conv"])
    let reference = try #require(nodes[0]["reference"] as? String)
    #expect(reference == "conv0.out" && nodes[0]["name"] as? String == "")
    for (excluded, count) in [([], 2), (["--exclude", reference], 1)] {
      let report: [String: Any] = try infold(
        ["quantize", model, "--inputs", samples, "-o", output, "--json"] + excluded
      ).json()
      #expect(report["quantizedNodes"] as? Int == count)
    }
  }

  @Test func isTheSameEveryTime() throws {
    let again = folder.path("again.onnx")
    for (file, threads) in [(output, "1"), (again, "2")] {
      let result = try infold(
        "quantize", model, "--inputs", samples, "-o", file, "--method", "percentile", "--percentile", "99", "--threads",
        threads)
      #expect(result.status == 0 && result.output.contains("(percentile 99)"))
    }
    #expect(FileManager.default.contents(atPath: output) == FileManager.default.contents(atPath: again))
  }

  @Test func needsNoSamples() throws {
    let page = folder.path("page.html")
    let result = try infold("quantize", model, "-o", output, "--json", "--html", page)
    #expect(result.status == 0 && result.error == "")
    let report: [String: Any] = try result.json()
    #expect(report["samples"] as? Int == 0 && report["compared"] as? Int == 8)
    let values = try #require(report["values"] as? [[String: Any]])
    #expect(values.map { $0["origin"] as? String } == ["noise", "noise", "noise"])
    #expect((report["warnings"] as? [String])?.first?.contains("3 values got a range from random pictures") == true)
    let steps = try #require(report["steps"] as? [[String: Any]])
    #expect(steps.first?["method"] as? String == "plain" && steps.allSatisfy { $0["kept"] as? Bool == true })
    let text = try #require(FileManager.default.contents(atPath: page).map { String(decoding: $0, as: UTF8.self) })
    #expect(text.hasPrefix("<!doctype html>") && text.contains("Quantization of model.onnx"))
    #expect(text.contains("Effect of each method") && text.contains("<svg") && !text.contains("<script"))
  }

  /// Names are untrusted input.
  @Test func thePageEscapesNames() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3])
    let y = try network.node("Gemm", [x, network.weights([3, 4])], name: "<script>alert(1)</script>")
    let model = folder.path("strange.onnx"), page = folder.path("page.html")
    try Model(graph: network.finished(y), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: model)
    #expect(try infold("quantize", model, "-o", output, "--html", page, "--budget", "0").status == 0)
    let text = try #require(FileManager.default.contents(atPath: page).map { String(decoding: $0, as: UTF8.self) })
    #expect(text.contains("&lt;script&gt;alert(1)") && !text.contains("<script"))
    try expectRefusal(["quantize", model, "-o", output, "--html", "-"], "--html - is standard output")
  }

  @Test func choosesWhatStaysInFloats() throws {
    let result = try infold(
      "quantize", model, "--inputs", samples, "-o", output, "--json", "--budget", "60", "--rounding", "search",
      "--method", "mse")
    let report: [String: Any] = try result.json()
    let nodes = try #require(report["floatNodes"] as? [[String: Any]])
    #expect(nodes.count == 1 && report["quantizedNodes"] as? Int == 1 && report["method"] as? String == "mse")
    let text = try infold("quantize", model, "--inputs", samples, "-o", output, "--budget", "60").output
    #expect(text.contains("stays in float: ") && text.contains("float nodes"))
  }

  @Test func takesPictures() throws {
    let result = try infold(
      "quantize", repositoryFile("Models/efficientnet-lite0.onnx"), "--images", repositoryFile("Models/images"), "-o",
      output, "--json")
    let report: [String: Any] = try result.json()
    #expect(report["foldedNormalizations"] as? Int == 49 && report["quantizedNodes"] as? Int == 61)
    #expect(report["sameBestClass"] as? Int == 2 && report["rows"] as? Int == 2)
    #expect(try #require(report["bytesAfter"] as? Int) < 6_000_000)
  }

  @Test(arguments: [
    (["--images", "a", "--inputs", "b"], "--images and --inputs cannot be combined"),
    (["--inputs", "d", "--method", "mean"], "--method"),
    (["--inputs", "d", "--percentile", "50"], "must be above 50"),
    (["--inputs", "d", "--percentile", "101"], "must be above 50"),
    (["--inputs", "d", "--percentile", "nan"], "must be above 50"),
    (["--inputs", "d", "--method", "minmax", "--percentile", "99"], "--method percentile"),
    (["--inputs", "d", "--method", "mse", "--percentile", "99"], "--method percentile"),
    (["--rounding", "up"], "--rounding"), (["--rounding-limit", "0"], "must be above 0"),
    (["--rounding-limit", "nan"], "must be above 0"),
    (["--rounding", "nearest", "--rounding-limit", "3"], "--rounding search"),
    (["--budget", "101"], "must be a percentage"), (["--budget", "nan"], "must be a percentage"),
    (["--inputs", "d", "--shape", "x=1x3"], "--shape"),
  ])
  func refusesBadUsage(arguments: [String], part: String) throws {
    try expectRefusal(["quantize", "m", "-o", "o"] + arguments, part, "see 'infold quantize --help'")
  }

  @Test func refusesBadInput() throws {
    let arguments = ["quantize", model, "-o", output]
    let empty = folder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
    try expectRefusal(arguments + ["--inputs", empty], empty, "contains no")
    try expectRefusal(arguments + ["--images", samples], "model.json")
    try expectRefusal(arguments + ["--inputs", samples, "--exclude", "third"], "\"third\"", model)
    // A tensor of another shape, and a truncated file.
    _ = try folder.write("samples/9.npy", NumPyFile.encode(Tensor(zeros: [1, 2], of: .float32)))
    try expectRefusal(arguments + ["--inputs", samples], model, "\"x\"")
    let file = try folder.write("samples/9.npy", Array("no tensor".utf8))
    try expectRefusal(arguments + ["--inputs", samples], file)
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func refusesAPictureThatCannotBeRead() throws {
    let file = try folder.write("pictures.png", Array("no picture".utf8))
    let pictures = folder.path("pictures")
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: false)
    try FileManager.default.moveItem(atPath: file, toPath: pictures + "/a.png")
    try expectRefusal(
      ["quantize", repositoryFile("Models/efficientnet-lite0.onnx"), "--images", pictures, "-o", output],
      pictures + "/a.png")
  }

  @Test func refusesWhatIsQuantizedAlready() throws {
    #expect(try infold("quantize", model, "--inputs", samples, "-o", output).status == 0)
    try expectRefusal(
      ["quantize", output, "--inputs", samples, "-o", folder.path("twice.onnx")], "already quantized")
  }
}
