import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Standard input and output, and pipes in place of files.
@Suite struct PipeTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    let dims = [1, 2].map(Onnx.dim)
    model = try folder.write(
      "model.onnx", Onnx.model(graph: [Onnx.input("x", dims), Onnx.output("y", dims), Onnx.node("Relu", ["x"], ["y"])]))
  }

  /// Runs a bash script in which `$infold` is the tool, and `$model` a model.
  private func script(_ text: String) throws -> ToolResult {
    try run("/bin/bash", ["-c", "infold='\(toolPath)'; model='\(model)'; cd '\(folder.path)'; " + text])
  }

  @Test(
    arguments: [
      "$infold inspect - < $model", "cat $model | $infold inspect -", "$infold inspect <(cat $model)",
      "$infold inspect /dev/stdin < $model", "cat $model | $infold inspect /dev/stdin",
      "mkfifo p; (sleep 0.1; timeout 60 sh -c \"cat '$model' > p\") & $infold inspect p",
      "$infold fold - -o - < $model | $infold inspect -", "$infold fold $model -o - 2> /dev/null | $infold inspect -",
      "(head -c 20 $model; sleep 0.2; tail -c +21 $model) | $infold inspect -",
    ])
  func readsModels(text: String) throws {
    let result = try script(text)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("x  float32 [1, 2]"), "\(result.output)")
  }

  @Test func readsTensors() throws {
    let tensor = try Tensor(shape: [1, 2], [Float(-1), 3])
    try NumPyFile.write(tensor, to: folder.path("x.npy"))
    for input in ["- < x.npy", "<(cat x.npy)", "x.npy"] {
      let result = try script("$infold run $model --json --input x=" + input)
      #expect(result.status == 0, "\(result.error)")
      let outputs = try #require(try result.json(as: [String: Any].self)["outputs"] as? [[String: Any]])
      #expect(outputs[0]["max"] as? Double == 3 && outputs[0]["min"] as? Double == 0)
    }
  }

  @Test func readsPictures() throws {
    let network = repositoryFile("Models/efficientnet-lite0.onnx"), cup = repositoryFile("Models/images/cup.png")
    let result = try script("$infold classify '\(network)' - <(cat '\(cup)') --top 1 --json < '\(cup)'")
    #expect(result.status == 0, "\(result.error)")
    let reports: [[String: Any]] = try result.json()
    #expect(reports.count == 2 && reports[0]["image"] as? String == "-")
    for report in reports { #expect((report["top"] as? [[String: Any]])?.first?["label"] as? String == "espresso") }
  }

  @Test func saysWhatItWroteOnStandardError() throws {
    let result = try script("$infold fold $model -o - > folded.onnx")
    #expect(result.status == 0 && result.output == "")
    #expect(
      result.error.contains("0 of 0 batch normalizations folded") && result.error.contains("written to standard output")
    )
    try expectRefusal(["fold", model, "-o", "-", "--json"], "--json and -o - cannot be combined")
  }

  @Test(
    arguments: [
      ("$infold inspect - < /dev/null", "standard input: is a device, neither a file nor a pipe"),
      ("true | $infold inspect -", "standard input: "), ("$infold inspect - < .", "standard input: is a folder"),
      ("$infold inspect <(true)", "/dev/fd/"), ("echo no model | $infold run - --random 1", "standard input: "),
      ("cat $model | $infold run - --input x=-", "- is used twice"),
      ("mkfifo p; $infold inspect p", "p: is a pipe without a writer"),
      ("cat $model | $infold sidecar -", "-o FILE"), ("$infold inspect ./-", "no such file"),
      ("cat $model | $infold classify - x.png", "has no sidecar"),
    ])
  func refusesWhatCannotBeRead(text: String, part: String) throws {
    let result = try script(text)
    #expect(result.status == 2 && result.output == "", "\(result)")
    #expect(result.error.hasPrefix("infold: ") && result.error.contains(part), "\(result.error)")
    #expect(result.error.split(separator: "\n").count == 1)
  }

  /// Files that a model names are read only if they are regular files, also if the model comes from a pipe.
  @Test func readsNoDataBesideAPipe() throws {
    try folder.write("data.bin", [0, 0, 0, 0])
    let tensor = Onnx.tensor(
      name: "w", [1], [.message(13, [.text(1, "location"), .text(2, "data.bin")]), .int(14, 1)])
    try folder.write("external.onnx", Onnx.relu(more: [.message(5, tensor)]))
    #expect(try script("$infold inspect external.onnx").status == 0)
    for text in ["$infold inspect - < external.onnx", "$infold inspect <(cat external.onnx)"] {
      let result = try script(text)
      #expect(result.status == 0 && result.output.contains("Invalid or missing\n") && result.output.contains("\"w\""))
      let refused = try script(text.replacing("inspect", with: "run --random 1"))
      #expect(refused.status == 2 && refused.error.contains("\"w\""), "\(refused)")
    }
    try FileManager.default.removeItem(atPath: folder.path("data.bin"))
    #expect(mkfifo(folder.path("data.bin"), 0o600) == 0)
    let result = try infold("inspect", folder.path("external.onnx"))
    #expect(result.status == 0 && result.output.contains("is a pipe, not a file"), "\(result)")
  }
}
