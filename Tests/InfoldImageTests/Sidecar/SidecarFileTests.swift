import InfoldGraph
import InfoldImage
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Preprocessing that is read from sidecars and derived from models.
@Suite struct SidecarFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(_ text: String) throws -> String { try folder.write("m.json", Array(text.utf8)) }

  /// A mean over the picture, with or without a softmax.
  private func model(_ shape: Shape, softmax: Bool = false, moreOutputs: Bool = false) throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(shape, "image")
    let scores = try network.node("Flatten", [network.node("GlobalAveragePool", [x])], name: "scores")
    var outputs = [softmax ? try network.node("Softmax", [scores], name: "shares") : scores]
    if moreOutputs { outputs.append(try network.node("Relu", [scores], name: "other")) }
    return Model(graph: try network.finished(outputs), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
  }

  @Test func readsAFile() throws {
    let path = try file(
      #"{"input": "x", "size": [2, 3], "normalization": "imagenet", "colorOrder": "BGR", "scores": "logits"}"#)
    let expected = try Preprocessing(
      input: "x", height: 2, width: 3, mean: [103.53, 116.28, 123.675], standardDeviation: [57.375, 57.12, 58.395],
      colorOrder: .bgr, scores: .logits)
    #expect(try Preprocessing(path: path) == expected)
  }

  @Test func namesTheFile() throws {
    let path = folder.path("m.json")
    expectError(.fileAccess, path, "no such file", "a JSON object like {\"input\": \"input\"") {
      _ = try Preprocessing(path: path)
    }
    expectError(.fileAccess, folder.path, "is a folder") { _ = try Preprocessing(path: folder.path) }
    _ = try file("")
    expectError(.malformedData, path, "is empty") { _ = try Preprocessing(path: path) }
    _ = try file("[1]")
    expectError(.malformedData, path, "is not a JSON object") { _ = try Preprocessing(path: path) }
    _ = try file(#"{"input": "x""#)
    expectError(.malformedData, path, "is not JSON") { _ = try Preprocessing(path: path) }
    _ = try file(#"{"size": [0, 1], "crop": 1}"#)
    expectError(.malformedData, path, "3 problems", "\"crop\"", "\"input\" is missing", "\"size\" must be") {
      _ = try Preprocessing(path: path)
    }
    _ = try file(#"{"input": "x", "size": [1, 1]}"# + String(repeating: " ", count: 1 << 20))
    expectError(.limitExceeded, path, "limit of 1048576") { _ = try Preprocessing(path: path) }
  }

  @Test func takesFromTheModelWhatTheFileDoesNotSay() throws {
    let path = try file(#"{"normalization": "0-1"}"#)
    expectError(.malformedData, "\"input\" is missing") { _ = try Preprocessing(path: path) }
    let read = try Preprocessing(path: path, for: model(["N", 3, 8, 6]))
    let expected = try Preprocessing(
      input: "image", output: "scores.out", height: 8, width: 6, standardDeviation: [255, 255, 255], scores: .logits)
    #expect(read == expected)
    #expect(try Preprocessing(path: path, for: model([1, 3, 8, 6], softmax: true)).scores == .probabilities)
    #expect(try Preprocessing(path: path, for: model(["N", 5, 7, 3])).layout == .nhwc)
    expectError(.malformedData, path, "\"size\" is missing") {
      _ = try Preprocessing(path: path, for: model(["N", 3, "H", "W"]))
    }
  }

  @Test func refusesWhatContradictsTheModel() throws {
    let path = try file(#"{"size": [9, 6], "output": "z", "normalization": "none"}"#)
    expectError(
      .invalidArgument, path, "2 problems",
      "give [1, 3, 9, 6], but the input \"image\" has the shape [N, 3, 8, 6]",
      "\"z\" is not a graph output"
    ) { _ = try Preprocessing(path: path, for: model(["N", 3, 8, 6])) }
  }

  @Test func asksTheModel() throws {
    let caffe = try Preprocessing(for: model([1, 3, 8, 6]), normalization: .caffe)
    let expected = try Preprocessing(
      input: "image", output: "scores.out", height: 8, width: 6, cropFraction: 0.875, mean: [103.939, 116.779, 123.68],
      colorOrder: .bgr, scores: .logits)
    #expect(caffe == expected)
    let open = try Preprocessing(
      for: model(["N", 3, "H", "W"]), normalization: .imageNet, size: (height: 5, width: 4), cropFraction: 1,
      filter: .lanczos, colorOrder: .bgr)
    #expect(open.height == 5 && open.width == 4 && open.cropFraction == 1 && open.filter == .lanczos)
    #expect(open.mean == [103.53, 116.28, 123.675] && open.colorOrder == .bgr)
    let two = try model(["N", 3, 8, 6], moreOutputs: true)
    #expect(try Preprocessing(for: two, normalization: .none, output: "other.out").output == "other.out")
    expectError(.invalidArgument, "\"output\" is missing", "\"other.out\"") {
      _ = try Preprocessing(for: two, normalization: .none)
    }
  }

  @Test(arguments: ["image", "a\"b\\c/d", "line\nend\u{0}\u{1F}", "é🐈\u{2028}"])
  func writesNamesThatCanBeRead(name: String) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4], name)
    let graph = try network.finished(network.node("Relu", [x]))
    let text = SidecarText(PictureModel(graph), normalization: .tensorFlow, labels: name)
    for text in [text.file, text.oneLine] {
      let fields = try PreprocessingFields(parsing: Array(text.utf8))
      #expect(fields.input == name && fields.size == [4, 4] && fields.normalization == .tensorFlow)
    }
  }

  @Test func refusesModelsThatTakeNoPictures() throws {
    expectError(.invalidArgument, "height and width are dynamic dimensions", "pass them as size") {
      _ = try Preprocessing(for: model(["N", 3, "H", "W"]), normalization: .none)
    }
    expectError(.invalidArgument, "give [1, 3, 8, 6], but the input \"image\" has the shape [1, 1, 8, 6]") {
      _ = try Preprocessing(for: model([1, 1, 8, 6]), normalization: .none)
    }
    expectError(.invalidArgument, "\"size\" must be", "\"cropFraction\" must be") {
      _ = try Preprocessing(
        for: model(["N", 3, "H", "W"]), normalization: .none, size: (height: 0, width: 1), cropFraction: 2)
    }
  }
}
