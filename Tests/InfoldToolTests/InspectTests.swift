import Foundation
import InfoldOperators
import TestSupport
import Testing

@Suite struct InspectTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func describesEfficientNet() throws {
    let report: [String: Any] = try infold("inspect", repositoryFile("Models/efficientnet-lite0.onnx"), "--json").json()
    #expect(report["irVersion"] as? Int == 7)
    // Counted by hand from the architecture: 385.2 million, and 4.69 million parameters with BN statistics.
    #expect(report["multiplyAccumulates"] as? Int == 385_187_552)
    #expect(report["uncountedNodes"] as? Int == 0)
    let parameters = try #require(report["parameters"] as? [String: Any])
    #expect(parameters["count"] as? Int == 4_694_026)
    #expect(parameters["bytes"] as? Int == 4 * 4_694_026)
    let operators = try #require(report["operators"] as? [[String: Any]])
    let counts = operators.map { ($0["type"] as? String ?? "", $0["count"] as? Int ?? 0) }
    #expect(Dictionary(uniqueKeysWithValues: counts)["BatchNormalization"] == 49)
    #expect(operators.allSatisfy { $0["supported"] as? Bool == true })
    let input = try #require((report["inputs"] as? [[String: Any]])?.first)
    #expect(input["name"] as? String == "input")
    #expect((input["shape"] as? [Any])?.first as? String == "N")
    #expect((input["shape"] as? [Any])?.dropFirst().map { $0 as? Int } == [3, 224, 224])
  }

  /// Stage by stage: what was folded where, and how many nodes remain.
  @Test func showsThePasses() throws {
    let model = repositoryFile("Models/efficientnet-lite0.onnx")
    let report: [String: Any] = try infold("inspect", model, "--passes", "--json").json()
    let passes = try #require(report["passes"] as? [[String: Any]])
    let stages = passes.map { $0["stage"] as? String ?? "" }
    #expect(stages == stages.sorted { Self.stages.firstIndex(of: $0)! < Self.stages.firstIndex(of: $1)! })
    #expect(Set(stages) == Set(Self.stages))
    let folding = try #require(passes.first { $0["stage"] as? String == "fold" })
    let before = try #require(passes.last { $0["stage"] as? String == "simplify" })
    #expect((before["nodes"] as? Int ?? 0) - (folding["nodes"] as? Int ?? 0) == 49)
    #expect((folding["changes"] as? [Any])?.count == 49)
    let text = try infold("inspect", model, "--passes").output
    #expect(text.hasPrefix("check: ") && text.contains("fold: fold batch normalization, "))
    #expect(try infold("inspect", model, "--passes", "--plan").status == 2)
  }

  private static let stages = ["check", "inline", "simplify", "fold", "recognize"]

  @Test func listsNodes() throws {
    let model = repositoryFile("Models/efficientnet-lite0.onnx")
    let text = try infold("inspect", model, "--nodes").output
    let lines = text.split(separator: "\n")
    #expect(lines[0].split(separator: " ") == ["node", "operator", "output"])
    #expect(
      lines.contains { $0.split(separator: " ").prefix(3) == ["stem/conv", "Conv", "float32"] }, "\(lines.prefix(4))")
    let list: [String: Any] = try infold("inspect", model, "--nodes", "--json").json()
    let nodes = try #require(list["nodes"] as? [[String: Any]])
    #expect(nodes.count == lines.count - 1)
    let shape = ((nodes[0]["outputs"] as? [[String: Any]])?.first?["shape"] as? [Any])?.dropFirst().map { $0 as? Int }
    #expect(shape == [32, 112, 112])
  }

  /// Nodes of bodies are listed after the node that contains them, and name it.
  @Test func listsNodesOfBodies() throws {
    let list: [String: Any] = try infold("inspect", opaqueModel(), "--nodes", "--json").json()
    let nodes = try #require(list["nodes"] as? [[String: Any]])
    let inner = try #require(nodes.first { ($0["type"] as? String)?.contains("Inner") == true })
    #expect((inner["owner"] as? String)?.isEmpty == false)
  }

  @Test func showsWhatFollowsFromAShape() throws {
    let model = repositoryFile("Models/efficientnet-lite0.onnx")
    let report: [String: Any] = try infold("inspect", model, "--shape", "input=2x3x224x224", "--json").json()
    #expect(report["multiplyAccumulates"] as? Int == 2 * 385_187_552)
    let input = try #require((report["inputs"] as? [[String: Any]])?.first)
    #expect(input["shape"] as? [Int] == [2, 3, 224, 224])
    let output = try #require((report["outputs"] as? [[String: Any]])?.first)
    #expect(output["shape"] as? [Int] == [2, 1000])
    try expectRefusal(["inspect", model, "--shape", "input=1x3x225x224"], "the model expects [N, 3, 224, 224]")
    try expectRefusal(["inspect", model, "--shape", "image=1x3x224x224"], "\"image\" is not a graph input")
  }

  /// A model with two unsupported operators, one of them in a body, and every other kind of
  /// content.
  private func opaqueModel() throws -> String {
    let body = Onnx.attribute(
      "then_branch", type: 5, [.message(6, [Onnx.output("b"), Onnx.node("Inner", ["x"], ["b"])])])
    return try folder.write(
      "opaque.onnx",
      Onnx.model(
        opsets: [("", 13), ("com.example", 3)],
        graph: [
          Onnx.input("x", [Onnx.dim("N"), Onnx.dim(4)]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["h"]),
          Onnx.node("Strange", name: "s1", domain: "com.example", ["h"], ["i"]),
          Onnx.node("Strange", name: "s2", domain: "com.example", ["i"], ["y"], attributes: [body]),
          Onnx.initializer("w", type: 7, [2], [.bytes(9, Array(repeating: 0, count: 16))]),
        ],
        more: [.text(2, "maker"), .message(14, [.text(1, "author"), .text(2, "me")])]))
  }

  @Test func describesWhatCannotBeRun() throws {
    let path = try opaqueModel()
    let result = try infold("inspect", path, "--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    #expect(report["multiplyAccumulates"] is NSNull? || report["multiplyAccumulates"] == nil)
    #expect(report["uncountedNodes"] as? Int == 3)
    #expect((report["metadata"] as? [String: String]) == ["author": "me"])
    #expect((report["producer"] as? [String: String])?["name"] == "maker")
    let operators = try #require(report["operators"] as? [[String: Any]])
    #expect(operators.map { $0["type"] as? String } == ["Relu", "Strange", "Inner"])
    #expect(operators.map { $0["supported"] as? Bool } == [true, false, false])
    #expect(operators[1]["count"] as? Int == 2)
    #expect(operators[1]["opset"] as? Int == 3)
    #expect((operators[1]["reason"] as? String)?.contains("unsupported operator com.example.Strange") == true)
    #expect((operators[1]["reason"] as? String)?.contains("\"s1\"") == true)
    #expect(operators[0]["version"] as? Int == 13)
  }

  /// A violated rule, or missing data, is reported: what, and where.
  @Test func showsWhatIsWrong() throws {
    let x = Onnx.input("x", [Onnx.dim(3)]), y = Onnx.output("y")
    let external = Onnx.tensor(
      name: "w", [3], [.message(13, [.text(1, "location"), .text(2, "nowhere.bin")]), .int(14, 1)])
    let models: [([UInt8], [String])] = [
      (
        Onnx.model(graph: [
          x, y, Onnx.node("Split", name: "cut", ["x", "s"], ["y"]),
          Onnx.initializer("s", type: 7, [1], [.packed(7, [8])]),
        ]), ["add up to 8", "\"cut\""]
      ),
      (Onnx.model(graph: [x, y, Onnx.node("Relu", name: "two", ["x", "x"], ["y"])]), ["takes 1 input", "\"two\""]),
      (
        Onnx.model(graph: [
          x, y, Onnx.node("Relu", ["x"], ["y"], attributes: [Onnx.attribute("a", type: 2, [.int(3, 1)])]),
        ]),
        ["\"a\""]
      ),
      (Onnx.model(graph: [x, y, Onnx.node("Strange", domain: "other", ["x"], ["y"])]), ["missing opset import"]),
      (
        Onnx.model(graph: [x, y, Onnx.node("Add", ["x", "w"], ["y"]), .message(5, external)]), ["\"w\"", "nowhere.bin"]
      ),
      (
        Onnx.model(opsets: [("", 13), ("ai.onnx", 14)], graph: [x, y, Onnx.node("Relu", ["x"], ["y"])]),
        ["\"ai.onnx\" is imported in two versions, 13 and 14"]
      ),
      (Onnx.model(ir: 99, graph: [x, y, Onnx.node("Relu", ["x"], ["y"])]), ["IR version 99"]),
    ]
    for (bytes, parts) in models {
      let path = try folder.write("wrong.onnx", bytes)
      let result = try infold("inspect", path)
      #expect(result.status == 0 && result.error == "", "\(result)")
      #expect(result.output.contains("Inputs\n  x  float32 [3]"))
      for part in parts { #expect(result.output.contains(part), "\(result.output)") }
      let json = try infold("inspect", path, "--json")
      for part in parts { #expect(json.output.contains(part.replacing("\"", with: "\\\"")), "\(json.output)") }
      #expect(try infold("inspect", path, "--check").status == 1)
      try expectRefusal(["run", path, "--random", "1"], path)
      try expectRefusal(["inspect", path, "--strict"], path)
    }
  }

  /// Which operators run with kernels, and which are left to the reference evaluation.
  @Test func saysWhatRunsTheNodes() throws {
    let path = try folder.write(
      "mixed.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim("N"), Onnx.dim(4)]), Onnx.output("y"), Onnx.output("z", type: 7),
        Onnx.node("Relu", ["x"], ["y"]), Onnx.node("NonZero", name: "nz", ["y"], ["z"]),
      ]))
    let report: [String: Any] = try infold("inspect", path, "--json").json()
    let operators = try #require(report["operators"] as? [[String: Any]])
    let execution = try #require(report["execution"] as? [String: Any])
    let steps = try #require(execution["referenceSteps"] as? [[String: Any]])
    let share = try #require(execution["referenceShare"] as? Double)
    #expect((0...1).contains(share) && steps.isEmpty == (share == 0))
    for (index, type) in ["Relu", "NonZero"].enumerated() {
      #expect(operators[index]["type"] as? String == type)
      let kernels = operators[index]["kernelNodes"] as? Int, reference = operators[index]["referenceNodes"] as? Int
      #expect((kernels ?? 0) + (reference ?? 0) == 1)
      #expect(reference == (steps.contains { $0["operation"] as? String == type } ? 1 : 0))
    }
    #expect(operators[0]["kernelNodes"] as? Int == 1)
    let text = try infold("inspect", path).output
    #expect(text.contains("run by") && text.contains("Reference evaluation\n") == !steps.isEmpty)
    let open = try folder.write(
      "open.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim("W")]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"]),
      ]))
    #expect(try infold("inspect", open, "--json").json(as: [String: Any].self)["execution"] == nil)
    #expect(try infold("inspect", open, "--shape", "W=3", "--json").json(as: [String: Any].self)["execution"] != nil)
  }

  @Test func showsSequencesThatRun() throws {
    let path = try folder.write(
      "sequence.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(3)]), Onnx.output("y"), Onnx.node("SequenceConstruct", ["x", "x"], ["s"]),
        Onnx.node(
          "ConcatFromSequence", ["s"], ["y"], attributes: [Onnx.attribute("axis", type: 2, [.int(3, 0)])]),
      ]))
    let report: [String: Any] = try infold("inspect", path, "--json").json()
    let operators = try #require(report["operators"] as? [[String: Any]])
    #expect(operators.count == 2 && operators.allSatisfy { $0["supported"] as? Bool == true })
    #expect(try infold("inspect", path, "--check").status == 0)
  }

  /// A refused operator is reported with an alternative.
  @Test(arguments: [
    ("ai.onnx.ml", "TreeEnsembleClassifier", "ONNX Runtime"), ("ai.onnx.ml", "Scaler", "in your program"),
    ("", "StringNormalizer", "to numbers"), ("", "Scan", "Loop"), ("", "RandomNormal", "as an input"),
  ])
  func saysWhatToUseInstead(domain: String, name: String, part: String) throws {
    let path = try folder.write(
      "other.onnx",
      Onnx.model(
        opsets: [("", 13), ("ai.onnx.ml", 3)],
        graph: [Onnx.input("x", [Onnx.dim(3)]), Onnx.output("y"), Onnx.node(name, domain: domain, ["x"], ["y"])]))
    try expectRefusal(["run", path, "--random", "1"], name, part)
    let shown = try infold("inspect", path)
    #expect(shown.status == 0 && shown.output.contains(part), "\(shown.output)")
  }

  @Test func checksWhatASessionChecks() throws {
    let dims = [Onnx.dim("N"), Onnx.dim(4)]
    let right = try folder.write(
      "right.onnx", Onnx.model(graph: [Onnx.input("x", dims), Onnx.output("y", dims), Onnx.node("Relu", ["x"], ["y"])]))
    let result = try infold("inspect", right, "--check")
    #expect(result.status == 0 && result.output.hasSuffix("Check\n  can be run\n"))
    let wrong = try opaqueModel()
    let refused = try infold("inspect", wrong, "--check")
    #expect(refused.status == 1 && refused.error == "")
    #expect(refused.output.contains("cannot be run: ") && refused.output.contains("Strange"))
    let json = try infold("inspect", wrong, "--check", "--json")
    #expect(json.status == 1)
    let check = try #require(try json.json(as: [String: Any].self)["check"] as? [String: Any])
    #expect(check["runs"] as? Bool == false && (check["error"] as? String)?.contains("Strange") == true)
    #expect(try infold("inspect", wrong).status == 0)
    #expect(try infold("inspect", right, "--json").json(as: [String: Any].self)["check"] == nil)
    // One session has enough memory, and another one does not.
    #expect(try infold("inspect", right, "--check", "--memory-limit", "1", "--shape", "x=1000x4").status != 0)
  }

  @Test func countsConstantNodes() throws {
    let value = Onnx.attribute(
      "value", type: 4, [.message(5, [.int(1, 3), .int(2, 1), .bytes(9, Array(repeating: 0, count: 12))])])
    let path = try folder.write(
      "constants.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(3)]), Onnx.output("y"), Onnx.node("Constant", [], ["c"], attributes: [value]),
        Onnx.node("Add", ["x", "c"], ["s"]), Onnx.node("Add", ["s", "w"], ["y"]),
        Onnx.initializer("w", type: 1, [3], [.bytes(9, Array(repeating: 0, count: 12))]),
      ]))
    let report: [String: Any] = try infold("inspect", path, "--json").json()
    let parameters = try #require(report["parameters"] as? [String: Any])
    #expect(parameters["count"] as? Int == 6 && parameters["tensors"] as? Int == 2 && parameters["bytes"] as? Int == 24)
  }

  @Test func printsForPeople() throws {
    let text = try infold("inspect", opaqueModel()).output
    for part in [
      "ai.onnx 13, com.example 3", "x  float32 [N, 4]", "y  float32 […]", "com.example.Strange",
      "Unsupported operators",
      "int64  2  16 B  in 1 tensor", "author  me",
      "unknown, excluding 3 nodes with dynamic dimensions or unsupported operators",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("\u{1B}"))
  }
}
