import Foundation
import InfoldOperators
import TestSupport
import Testing

@Suite struct ClassifyTests {
  private let model = repositoryFile("Models/efficientnet-lite0.onnx")
  private let cat = repositoryFile("Models/images/cat.png")
  private let cup = repositoryFile("Models/images/cup.png")

  private struct Report: Decodable {
    struct Candidate: Decodable {
      var index: Int
      var label: String
      var score: Double
    }
    var image: String
    var top: [Candidate]?
    var error: String?
  }

  private func reports(_ result: ToolResult) throws -> [Report] {
    try JSONDecoder().decode([Report].self, from: Data(result.output.utf8))
  }

  @Test func knowsTheCatAndTheCup() throws {
    let result = try infold("classify", model, cat, cup, "--json")
    #expect(result.status == 0)
    #expect(result.error == "")
    let reports = try reports(result)
    #expect(reports.map(\.image) == [cat, cup])
    #expect(reports.allSatisfy { $0.top?.count == 5 && $0.error == nil })
    let cat = try #require(reports[0].top), cup = try #require(reports[1].top)
    #expect(Set(cat.prefix(3).map(\.label)) == ["tiger cat", "Egyptian cat", "tabby"])
    #expect(Set(cat.prefix(3).map(\.index)) == [281, 282, 285])
    #expect(cup[0].label == "espresso")
    #expect(cup[0].index == 967)
    #expect(cup[0].score > 0.9)
  }

  @Test func drawsABarAndAPercentagePerLine() throws {
    let result = try infold(["classify", model, cup, "--top", "2"], environment: ["COLUMNS": "60"])
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0] == cup)
    #expect(lines[1].contains("espresso  ███████████████████"))
    #expect(lines[1].hasSuffix(" %"))
    #expect(!result.output.contains("\u{1B}"))
  }

  @Test func goesOnBehindABadPicture() throws {
    let missing = "/no/such/picture.png"
    let result = try infold("classify", model, missing, cup, repositoryFile("README.md"), "--json", "--top", "1")
    #expect(result.status == 2)
    let reports = try reports(result)
    #expect(reports.map(\.image) == [missing, cup, repositoryFile("README.md")])
    #expect(reports.map { $0.top?.count } == [nil, 1, nil])
    #expect(reports[0].error == "cannot be opened: no such file or directory" && reports[1].error == nil)
    #expect(reports[2].error?.hasPrefix("unsupported picture format") == true)
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].contains(missing))
    #expect(lines[1].contains("README.md"))
  }

  /// y = Relu(x) for x [1, 3, 2, 2] with a sidecar.
  private func model(
    in folder: TemporaryFolder, sidecar edit: (inout [String: Any]) -> Void = { _ in }, labels: Int = 12
  ) throws -> String {
    var sidecar: [String: Any] = [
      "input": "x", "output": "y", "size": [2, 2], "cropFraction": 1, "filter": "bicubic", "mean": [0, 0, 0],
      "standardDeviation": [1, 1, 1], "colorOrder": "RGB", "layout": "NCHW", "labels": "labels.txt",
      "scores": "logits",
    ]
    edit(&sidecar)
    try folder.write("m.json", [UInt8](JSONSerialization.data(withJSONObject: sidecar)))
    try folder.write("labels.txt", Array((0..<labels).map { "class \($0)\n" }.joined().utf8))
    let dims = [1, 3, 2, 2].map(Onnx.dim)
    return try folder.write(
      "m.onnx", Onnx.model(graph: [Onnx.input("x", dims), Onnx.output("y", dims), Onnx.node("Relu", ["x"], ["y"])]))
  }

  @Test func turnsLogitsIntoProbabilities() throws {
    let folder = try TemporaryFolder()
    let result = try infold("classify", model(in: folder), cat, "--json", "--top", "99")
    let top = try #require(try reports(result)[0].top)
    #expect(top.count == 12)
    let sum: Double = top.map(\.score).reduce(0, +)
    #expect(abs(sum - 1) < 1e-9)
    #expect(zip(top, top.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  @Test func refusesABadSidecar() throws {
    let folder = try TemporaryFolder()
    let sidecar = folder.path("m.json")
    func refuses(_ part: String, _ edit: (inout [String: Any]) -> Void) throws {
      try expectRefusal(["classify", model(in: folder, sidecar: edit), cat], sidecar, part)
    }
    try refuses("\"z\"") { $0["input"] = "z" }
    try refuses("\"z\"") { $0["output"] = "z" }
    try refuses("\"labels\"") { $0["labels"] = "../labels.txt" }
    try refuses("\"filter\"") { $0["filter"] = "magic" }
    try refuses("\"more\"") { $0["more"] = 1 }
    try refuses("4 problems: unknown key \"more\" (the keys are input, ") {
      $0["more"] = 1
      $0["filter"] = 3
      ($0["size"], $0["output"]) = ([3, 2], "z")
    }
    try refuses("give [1, 3, 3, 2], but the input \"x\" has the shape [1, 3, 2, 2]") { $0["size"] = [3, 2] }
    try refuses("between 0 and 1") { ($0["mean"], $0["standardDeviation"]) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) }
    try expectRefusal(["classify", model(in: folder, labels: 11), cat], "labels.txt", "11 class names", "12 scores")
    let path = try model(in: folder)
    try folder.write("m.json", Array("{\"input\": ".utf8))
    try expectRefusal(["classify", path, cat], sidecar, "not JSON")
    try folder.write("m.json", Array(String(repeating: "[", count: 100_000).utf8))
    try expectRefusal(["classify", path, cat], sidecar, "not JSON")
    try FileManager.default.removeItem(atPath: sidecar)
    try expectRefusal(
      ["classify", path, cat], sidecar, "no such file", "docs/Pictures.md", "'infold sidecar MODEL' writes it",
      #"{"input": "x", "size": [2, 2], "normalization": "imagenet"}"#)
    try folder.write("m.json", [])
    try expectRefusal(["classify", path, cat], sidecar, "is empty")
  }

  /// The model determines the other settings. Without names, classes are numbers.
  @Test func needsLittle() throws {
    let folder = try TemporaryFolder()
    let path = try model(in: folder)
    let full = try reports(try infold("classify", path, cat, "--json", "--top", "2"))[0].top
    try folder.write("m.json", Array(#"{"filter": "bicubic"}"#.utf8))
    let result = try infold("classify", path, cat, "--json", "--top", "2")
    #expect(result.status == 0, "\(result.error)")
    let top = try #require(try reports(result)[0].top)
    #expect(top.map(\.score) == full?.map(\.score) && top.map(\.index) == full?.map(\.index))
    #expect(top[0].label == "class \(top[0].index)")
    let other = try folder.write("other.json", Array(#"{"filter": "magic"}"#.utf8))
    try expectRefusal(["classify", path, cat, "--sidecar", other], other, "\"filter\"")
  }

  @Test(arguments: ["decoding/lossy.webp", "decoding/animated.gif", "decoding/rgb.bmp", "decoding/grey.jpg"])
  func readsEveryFormat(picture: String) throws {
    let folder = try TemporaryFolder()
    let result = try infold(
      "classify", model(in: folder), repositoryFile("Tests/InfoldImageTests/Fixtures/" + picture), "--json")
    #expect(result.status == 0, "\(result.error)")
  }

  @Test func saysOfAnEmptyPictureThatItIsEmpty() throws {
    let folder = try TemporaryFolder()
    let empty = try folder.write("empty.png", [])
    let result = try infold("classify", model(in: folder), empty)
    #expect(result.status == 2 && result.error.contains("empty.png") && result.error.contains("is empty"))
  }

  @Test func refusesAMissingLabelFile() throws {
    let folder = try TemporaryFolder()
    let path = try model(in: folder)
    try FileManager.default.removeItem(atPath: folder.path("labels.txt"))
    try expectRefusal(["classify", path, cat], folder.path("labels.txt"), "no such file")
  }
}
