import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold sidecar`, and what happens to the file when a model is rewritten.
@Suite struct SidecarTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A convolution with a normalization, and the mean over the picture, with or without a Softmax.
  private func model(_ shape: Shape = ["N", 3, 8, 6], softmax: Bool = false) throws -> String {
    var network = NetworkBuilder()
    let x = network.input(shape, "image")
    let y = try network.node("Conv", [x, network.weights([4, 3, 3, 3])], name: "conv")
    let z = try network.normalization(y, channels: 4, name: "bn")
    var last = try network.node("Flatten", [network.node("GlobalAveragePool", [z], name: "pool")], name: "scores")
    if softmax { last = try network.node("Softmax", [last], name: "probabilities") }
    let path = folder.path("model.onnx")
    let graph = try network.finished(last)
    try Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: path)
    return path
  }

  private func sidecar(_ name: String = "model.json") throws -> NSDictionary {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
  }

  private let picture = repositoryFile("Models/images/cat.png")

  /// Class names are read from the folder of the sidecar.
  @Test func refusesNamesElsewhere() throws {
    let model = try model()
    let labels = try folder.write("names.txt", Array("a\nb\nc\nd\n".utf8))
    try FileManager.default.createDirectory(atPath: folder.path("other"), withIntermediateDirectories: true)
    try expectRefusal(
      ["sidecar", model, "-o", folder.path("other/model.json"), "--labels", labels], "names.txt",
      "is not in the folder of the sidecar")
    let result = try infold("sidecar", model, "-o", folder.path("other/model.json"))
    #expect(result.status == 0 && !result.output.contains("class names: names.txt"), "\(result)")
    #expect(try sidecar("other/model.json")["labels"] == nil)
  }

  /// The output of a command does not replace its input.
  @Test func keepsTheModelThatIsQuantized() throws {
    let model = try model()
    try expectRefusal(
      ["quantize", model, "--images", repositoryFile("Models/images"), "-o", model], "is the input model")
  }

  @Test func refusesStandardOutputForPages() throws {
    let model = try model()
    for arguments in [
      ["profile", model, "--trace", "-"], ["profile", model, "--html", "-"], ["validate", model, "--html", "-"],
    ] {
      try expectRefusal(arguments, "- is standard output")
    }
  }

  /// An error in the environment is not reported as an error of the model.
  @Test func checksModelsAndNotTheEnvironment() throws {
    let result = try infold(["inspect", try model([1, 3, 8, 6]), "--check"], environment: ["INFOLD_THREADS": "abc"])
    #expect(result.status == 2 && result.error.contains("INFOLD_THREADS"), "\(result)")
  }

  @Test(arguments: [false, true]) func writesWhatTheModelSays(softmax: Bool) throws {
    let model = try model(softmax: softmax)
    try folder.write("names.txt", Array("a\nb\nc\nd\n".utf8))
    try folder.write("notes.txt", Array("a\n".utf8))
    let result = try infold("sidecar", model, "--normalization", "tensorflow")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("written to \(folder.path("model.json"))"))
    let expected: [String: Any] = [
      "input": "image", "output": softmax ? "probabilities.out" : "scores.out", "size": [8, 6], "cropFraction": 0.875,
      "filter": "bilinear", "normalization": "tensorflow", "colorOrder": "RGB", "layout": "NCHW", "labels": "names.txt",
      "scores": softmax ? "probabilities" : "logits",
    ]
    #expect(try sidecar() == expected as NSDictionary)
    let classified = try infold("classify", model, picture, "--top", "1")
    #expect(classified.status == 0, "\(classified.error)")
    // The file was written to be edited.
    try expectRefusal(["sidecar", model], folder.path("model.json"), "already exists")
  }

  /// Models from Caffe have blue as the first channel.
  @Test func writesTheOrderThatBelongsToAScale() throws {
    let result = try infold("sidecar", try model(), "--normalization", "caffe", "-o", "-")
    let written = try result.json(as: [String: Any].self)
    #expect(written["colorOrder"] as? String == "BGR" && written["normalization"] as? String == "caffe")
  }

  @Test func saysWhatNoModelTells() throws {
    let model = try model()
    let result = try infold("sidecar", model, "-o", "-")
    #expect(try result.json(as: [String: Any].self)["normalization"] as? String == "imagenet")
    #expect(!FileManager.default.fileExists(atPath: folder.path("model.json")))
    let text = try infold("sidecar", model).output
    #expect(
      text.contains("the model does not specify how samples are scaled")
        && text.contains("without a file of class names"))
  }

  @Test func takesWhatTheModelLeavesOpen() throws {
    let model = try model(["N", 3, "H", "W"])
    try expectRefusal(["sidecar", model], "height and width are dynamic dimensions", "--size 224x224")
    #expect(try infold("sidecar", model, "--size", "10x12").status == 0)
    #expect(try sidecar()["size"] as? [Int] == [10, 12])
    try expectRefusal(["sidecar", model, "--size", "0x12"], "--size")
    try expectRefusal(["sidecar", model, "--normalization", "none", "--layout", "HWC"], "--layout")
  }

  @Test func knowsTheLayout() throws {
    let dims = [1, 5, 7, 3].map(Onnx.dim)
    let path = try folder.write(
      "nhwc.onnx", Onnx.model(graph: [Onnx.input("x", dims), Onnx.output("y", dims), Onnx.node("Relu", ["x"], ["y"])]))
    #expect(try infold("sidecar", path).status == 0)
    let written = try sidecar("nhwc.json")
    #expect(written["layout"] as? String == "NHWC" && written["size"] as? [Int] == [5, 7])
  }

  @Test func refusesModelsWithoutPictures() throws {
    func path(_ inputs: [[Int]], type: Int = 1) throws -> String {
      let named = inputs.enumerated().map { ("x\($0)", $1.map(Onnx.dim)) }
      return try folder.write(
        "other.onnx",
        Onnx.model(
          graph: named.map { Onnx.input($0, type: type, $1) } + [
            Onnx.output("y", type: type), Onnx.node("Identity", ["x0"], ["y"]),
          ]))
    }
    try expectRefusal(["sidecar", path([[1, 3, 4, 4], [1]])], "needs several or none", "\"x1\"")
    try expectRefusal(["sidecar", path([[1, 3]])], "four dimensions of a picture")
    try expectRefusal(["sidecar", path([[1, 1, 4, 4]])], "give [1, 3, 4, 4], but the input \"x0\" has the shape")
    try expectRefusal(["sidecar", path([[1, 3, 4, 4]], type: 2)], "uint8", "does not accept pictures")
  }

  @Test func goesWithAFoldedModel() throws {
    let model = try model()
    try folder.write("names.txt", Array("a\nb\nc\nd\n".utf8))
    let first = folder.path("folded.onnx")
    // There is no sidecar to copy yet.
    #expect(try !infold("fold", model, "-o", first).output.contains(".json"))
    _ = try infold("sidecar", model)
    let result = try infold("fold", model, "-o", first)
    #expect(result.output.contains("sidecar copied to \(folder.path("folded.json"))"))
    #expect(try sidecar("folded.json") == sidecar())
    #expect(try infold("classify", first, picture).status == 0)
    // The copy exists and is equal; then it is different, and is not changed.
    #expect(try !infold("fold", model, "-o", first).output.contains(".json"))
    try folder.write("folded.json", Array("{}".utf8))
    let text = try infold("fold", model, "-o", first).output
    #expect(text.contains("already exists and was not changed"))
    #expect(try sidecar("folded.json") == [:] as NSDictionary)
    // The names are also copied to another folder.
    try folder.write("elsewhere/empty", [])
    let second = folder.path("elsewhere/model.onnx")
    let report: [String: Any] = try infold("fold", model, "-o", second, "--json").json()
    #expect((report["sidecar"] as? [String])?.count == 2)
    #expect(try infold("classify", second, picture).status == 0)
    #expect(FileManager.default.fileExists(atPath: folder.path("elsewhere/names.txt")))
    // A JSON file that is not a sidecar is not copied.
    try folder.write("model.json", Array(#"{"config": 1}"#.utf8))
    #expect(try !infold("fold", model, "-o", folder.path("third.onnx")).output.contains(".json"))
  }

  @Test func goesWithAQuantizedModel() throws {
    let model = try model(["N", 3, 8, 8])
    _ = try infold("sidecar", model)
    try folder.write("pictures/a.png", [UInt8](try Data(contentsOf: URL(fileURLWithPath: picture))))
    let output = folder.path("small.onnx")
    let result = try infold("quantize", model, "--images", folder.path("pictures"), "-o", output)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("sidecar copied to \(folder.path("small.json"))"))
    #expect(try sidecar("small.json") == sidecar())
  }
}
