import Foundation
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// The warnings about wrong declared shapes, and about symbols and their sizes.
@Suite struct WarningTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A chain of `count` Relus. All values but the first input are declared as [1, 3]; x is [N, 3].
  private func chain(_ count: Int) throws -> String {
    let names = ["x"] + (1..<count).map { "r\($0)" } + ["y"]
    let nodes = zip(names, names.dropFirst()).map { Onnx.node("Relu", name: "relu_\($1)", [$0], [$1]) }
    let shape = [Onnx.dim(1), Onnx.dim(3)]
    let notes = names[1..<count].map { Wire.message(13, Onnx.declaration($0, shape)) }
    return try folder.write(
      "chain\(count).onnx",
      Onnx.model(
        graph: [Onnx.input("x", [Onnx.dim("N"), Onnx.dim(3)]), Onnx.output("y", shape)] + nodes + notes))
  }

  private func lines(_ result: ToolResult) -> [String] { result.error.split(separator: "\n").map(String.init) }

  @Test func everyCommandSaysItOnce() throws {
    let path = try chain(1)
    let expected =
      "infold: warning: \(path): node \"relu_y\" (Relu): the value \"y\" is float32 [N, 3], but the model declares "
      + "float32 [1, 3]; the declaration is ignored"
    for command in [
      ["run", path, "--random", "1", "--shape", "N=4"], ["run", path, "--random", "1", "--double"], ["inspect", path],
      ["inspect", path, "--shape", "N=4", "--json"], ["fold", path, "-o", folder.path("folded.onnx")],
      ["bench", path, "--seconds", "0.01", "--batch", "1,2"], ["profile", path, "--runs", "1"],
    ] {
      let result = try infold(command)
      #expect(result.status == 0)
      #expect(lines(result) == [expected], "\(command)")
    }
    try expectRefusal(["inspect", path, "--strict", "--shape", "N=4"], "declares it as float32 [1, 3]")
    // The declarations of the written file are correct.
    #expect(try infold("inspect", folder.path("folded.onnx"), "--strict").error == "")
  }

  @Test(arguments: ["Softmax", "LogSoftmax", "Hardmax"]) func defaultsThatAreImpossible(opType: String) throws {
    let path = try folder.write(
      "softmax.onnx",
      Onnx.model(
        opsets: [("", 11)],
        graph: [Onnx.input("x", [Onnx.dim(3)]), Onnx.output("y", [Onnx.dim(3)]), Onnx.node(opType, ["x"], ["y"])]))
    let result = try infold("run", path, "--random", "1")
    #expect(result.status == 0)
    #expect(lines(result).count == 1 && result.error.contains("rank 1"), "\(result.error)")
  }

  @Test func manyAreCounted() throws {
    #expect(try lines(infold("inspect", chain(4))).count == 4)
    let path = try chain(30)
    let result = try infold("inspect", path)
    #expect(lines(result).count == 4)
    #expect(lines(result).last == "infold: warning: \(path): 27 more; 'infold inspect' lists them")
    #expect(result.output.contains("Warnings\n"))
    #expect(result.output.contains("\"r17\""))
    let report: [String: Any] = try infold("inspect", path, "--json").json()
    let warnings = try #require(report["warnings"] as? [[String: Any]])
    #expect(warnings.count == 30)
    #expect(warnings[0]["code"] as? String == "declaredShape")
    #expect(warnings[0]["value"] as? String == "r1")
    #expect(warnings[0]["node"] as? String == "node \"relu_r1\" (Relu)")
    #expect(try infold("inspect", folder.write("relu.onnx", Onnx.relu())).error == "")
  }

  /// y = a + b for a [h, w] and b [h, w], and an input whose name is also a symbol.
  @Test func symbolsHaveSizes() throws {
    let shape = [Onnx.dim("h"), Onnx.dim("w")]
    let path = try folder.write(
      "sum.onnx",
      Onnx.model(graph: [
        Onnx.input("a", shape), Onnx.input("b", [Onnx.dim(1), Onnx.dim("w")]), Onnx.input("w", [Onnx.dim("k")]),
        Onnx.output("y"), Onnx.node("Add", ["a", "b"], ["s"]), Onnx.node("ReduceSum", ["w"], ["t"]),
        Onnx.node("Add", ["s", "t"], ["y"]),
      ]))
    func shapes(_ arguments: String...) throws -> [[Int]?] {
      let report: [String: Any] = try infold(["run", path, "--random", "1", "--json"] + arguments).json()
      return try #require(report["outputs"] as? [[String: Any]]).map { $0["shape"] as? [Int] }
    }
    #expect(try shapes("--shape", "h=4", "--shape", "b=1x5", "--shape", "k=2") == [[4, 5]])
    // The size of the input w counts, not the symbol.
    #expect(try shapes("--shape", "h=4", "--shape", "a=4x5", "--shape", "w=2") == [[4, 5]])
    let file = try folder.write("a.npy", NumPyFile.encode(Tensor(zeros: [3, 7], of: .float32)))
    #expect(try shapes("--input", "a=" + file, "--shape", "k=2") == [[3, 7]])
    let random = ["run", path, "--random", "1", "--shape"]
    try expectRefusal(random + ["a=4x5", "--shape", "h=3"], "dimension h would be 4", "sets it to 3")
    try expectRefusal(random + ["hh=4"], "\"hh\" is neither an input", "did you mean \"h\"?")
    for command in [["inspect", path], ["profile", path, "--runs", "1"], ["bench", path, "--seconds", "0.01"]] {
      let result = try infold(command + ["--shape", "h=4", "--shape", "a=4x5", "--shape", "w=2"])
      #expect(result.status == 0, "\(result.error)")
    }
  }
}
