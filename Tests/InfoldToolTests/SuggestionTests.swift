import InfoldOperators
import InfoldTool
import TestSupport
import Testing

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("imput", ["input"]), ("INPUT", ["input"]), ("inptu", ["input"]), ("inp", ["input"]), ("output", []), ("", []),
    ("i", []), ("input", []), ("xnput_i", []),
  ])
  func findsNames(name: String, expected: [String]) {
    #expect(nearestNames(to: name, among: ["input", "mask", "scale_factor"]) == expected)
  }

  @Test func ordersNamesByDistance() {
    #expect(nearestNames(to: "conv10", among: ["conv1", "pool", "conv11", "convert", "con"]) == ["conv1", "conv11"])
    #expect(nearestNames(to: "aaaa", among: ["aaab", "aaac", "aaad", "aaae"]) == ["aaab", "aaac", "aaad"])
    #expect(suggestion(for: "ab", among: ["ax", "ay"]) == "did you mean \"ax\" or \"ay\"?")
    #expect(suggestion(for: "ab", among: ["xyz"]) == nil)
  }

  /// Names from a model may be long, and many.
  @Test func endsSoonForAnyNames() {
    let long = String(repeating: "x", count: 100_000)
    #expect(nearestNames(to: long, among: Array(repeating: long + "y", count: 50_000)).count == 3)
  }

  @Test func suggestsInputs() throws {
    let folder = try TemporaryFolder()
    let network = try folder.write(
      "network.onnx",
      Onnx.model(graph: [
        Onnx.input("image", [Onnx.dim(1), Onnx.dim("N")]), Onnx.output("y"), Onnx.node("Relu", ["image"], ["y"]),
      ]))
    let question = "did you mean \"image\"?"
    try expectRefusal(["run", network, "--input", "imgae=a.npy"], question, "inputs are")
    for command in ["run", "inspect", "bench", "profile"] {
      try expectRefusal([command, network, "--shape", "imge=1x2"], question, "inputs are")
    }
    let far = try infold("inspect", network, "--shape", "q=1x2")
    #expect(far.status == 2 && !far.error.contains("did you mean"))
  }

  @Test func suggestsFiles() throws {
    let folder = try TemporaryFolder()
    let network = try folder.write(
      "models/network.onnx",
      Onnx.model(graph: [Onnx.input("x", [Onnx.dim(1)]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"])]))
    let question = "did you mean \"\(network)\"?"
    for wrong in ["models/netwrok.onnx", "model/network.onnx", "Models/Network.ONNX", "models/network"] {
      try expectRefusal(["inspect", folder.path(wrong)], "no such file or directory", question)
    }
    for wrong in ["models/other.onnx", "elsewhere/network.onnx", "models/network.onnx/a"] {
      let result = try infold("inspect", folder.path(wrong))
      #expect(result.status == 2 && !result.error.contains("did you mean"), "\(result.error)")
    }
  }

  @Test(
    arguments: [
      (["inspct", "m"], "did you mean \"inspect\"? Or see 'infold --help'"),
      (["help", "vlidate"], "unknown command \"vlidate\"; did you mean \"validate\"? Or see 'infold --help'"),
      (["help", "qwertz"], "unknown command \"qwertz\"; see 'infold --help'"), (["help", "validate"], nil),
      (["run", "m", "--thread", "2"], "Did you mean '--threads'? Or see 'infold run --help'"),
    ] as [([String], String?)])
  func suggestsCommands(arguments: [String], part: String?) throws {
    let result = try infold(arguments)
    if let part {
      #expect(result.status == 2 && result.error.contains(part), "\(result.error)")
    } else {
      #expect(result.status == 0)
    }
  }
}
