import Foundation
import InfoldOperators
import TestSupport
import Testing

/// `infold inspect --plan`.
@Suite struct PlanTests {
  private let folder: TemporaryFolder
  /// Relu(x · w), as a convolution with a window of 1×1, for any batch and size.
  private let network: String

  init() throws {
    folder = try TemporaryFolder()
    network = try folder.write(
      "network.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim("N"), Onnx.dim(2), Onnx.dim("h"), Onnx.dim(4)]), Onnx.output("y"),
        Onnx.node("Conv", name: "mix", ["x", "w"], ["h"]), Onnx.node("Relu", ["h"], ["y"]),
        Onnx.initializer("w", [3, 2, 1, 1], [Onnx.raw([1, 2, 3, 4, 5, 6])]),
      ]))
  }

  private func plan(_ arguments: String...) throws -> ToolResult {
    try infold(["inspect", network, "--plan"] + arguments)
  }

  private func steps(_ result: ToolResult) throws -> [[String: Any]] {
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    let parts = try #require(report["parts"] as? [[String: Any]])
    return try parts.flatMap { try #require($0["steps"] as? [[String: Any]]) }
  }

  @Test func showsTheStepsAsText() throws {
    let result = try plan("--shape", "h=4")
    #expect(result.status == 0 && result.error == "", "\(result.error)")
    for part in [
      "plan for x float32 [1, 2, 4, 4]\n", "Conv+Relu, 1×1, 1×3×4×4\n", "nodes    mix, y\n", "fused    relu\n",
      "reads    input \"x\"\n", "output \"y\"\n", " channels last by 3\n",
    ] {
      #expect(result.output.contains(part), "\(part) is not in \(result.output)")
    }
  }

  @Test func showsTheStepsAsJSON() throws {
    let steps = try steps(plan("--shape", "h=4", "--json"))
    let convolution = try #require(steps.first { $0["algorithm"] as? String == "1×1" })
    #expect(convolution["nodes"] as? [String] == ["mix", "y"])
    #expect(convolution["fused"] as? [String] == ["relu"])
    #expect(convolution["operation"] as? String == "Conv+Relu")
    #expect(convolution["shape"] as? [Int] == [1, 3, 4, 4])
    #expect(convolution["multiplyAccumulates"] as? Int == 4 * 4 * 2 * 3)
    let written = try #require((convolution["writes"] as? [[String: Any]])?.first)
    #expect(written["place"] as? String == "arena" && written["offset"] is Int)
    #expect(written["layout"] as? String == "channels last" && written["pixelStride"] as? Int == 3)
    #expect(written["bytes"] as? Int == 4 * 4 * 4 * 3)
    let last = try #require((steps.last?["writes"] as? [[String: Any]])?.first)
    #expect(last["place"] as? String == "output" && last["name"] as? String == "y")
  }

  /// A plan depends on the options and shapes, but not on the number of threads.
  @Test func dependsOnTheOptions() throws {
    let plain = try steps(plan("--shape", "h=4", "--no-optimize", "--json"))
    #expect(plain.map { $0["algorithm"] as? String } == ["reference", "reference"])
    #expect(plain.map { $0["nodes"] as? [String] } == [["mix"], ["y"]])
    let larger = try steps(plan("--shape", "x=5x2x3x4", "--json"))
    #expect(larger.contains { $0["shape"] as? [Int] == [5, 3, 3, 4] })
    let one = try plan("--shape", "h=4", "--threads", "1"), three = try plan("--shape", "h=4", "--threads", "3")
    #expect(one.output == three.output)
  }

  @Test func namesNodesLikeAProfile() throws {
    let planned = try steps(plan("--shape", "h=4", "--json"))
    let report: [String: Any] = try infold("profile", network, "--shape", "h=4", "--runs", "1", "--json").json()
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers.map { $0["nodes"] as? [String] } == planned.map { $0["nodes"] as? [String] })
    #expect(layers.map { $0["algorithm"] as? String } == planned.map { $0["algorithm"] as? String })
    #expect(layers.contains { $0["nodes"] as? [String] == ["mix", "y"] })
  }

  @Test func splitsBatches() throws {
    let result = try infold(
      "inspect", repositoryFile("Models/efficientnet-lite0.onnx"), "--plan", "--shape", "input=2x3x224x224")
    #expect(result.status == 0 && result.output.contains("\nfor each of 2 images: "))
  }

  @Test func refusesWhatCannotBePlanned() throws {
    try expectRefusal(["inspect", network, "--plan"], "dynamic dimensions without a size: \"x\"", "--shape")
    try expectRefusal(["inspect", network, "--plan", "--shape", "x=1x3x4x4"], "[N, 2, h, 4]")
    let strange = try folder.write(
      "strange.onnx",
      Onnx.model(
        opsets: [("", 13), ("com.example", 3)],
        graph: [
          Onnx.input("x", [Onnx.dim(4)]), Onnx.output("y"),
          Onnx.node("Strange", name: "s", domain: "com.example", ["x"], ["y"]),
        ]))
    try expectRefusal(["inspect", strange, "--plan"], "Strange", "strange.onnx")
    try expectRefusal(["inspect", network, "--plan", "--shape", "h=4", "--memory-limit", "1"], "limit")
    for (option, arguments) in [("--nodes", ["--nodes"]), ("--check", ["--check"]), ("--graph", ["--graph", "a.svg"])] {
      try expectRefusal(["inspect", network, "--plan"] + arguments, option, "see 'infold inspect --help'")
    }
  }
}
