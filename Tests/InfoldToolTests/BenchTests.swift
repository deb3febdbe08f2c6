import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// The contents of the report of `bench`, not the times.
@Suite struct BenchTests {
  private let folder: TemporaryFolder
  /// y = Relu(x) for x [N, 3].
  private let relu: String

  init() throws {
    folder = try TemporaryFolder()
    relu = try folder.write("relu.onnx", Onnx.relu())
  }

  private func bench(_ arguments: String...) throws -> ToolResult {
    try infold(["bench", "--seconds", "0.01"] + arguments)
  }

  private func expectTimes(in report: [String: Any]) throws {
    let times = try ["min_ms", "median_ms", "p90_ms", "p99_ms", "max_ms"].map { try #require(report[$0] as? Double) }
    #expect(times.allSatisfy { $0 > 0 } && times == times.sorted(), "\(times)")
    let mean = try #require(report["mean_ms"] as? Double)
    #expect(times[0] <= mean && mean <= times[4])
    #expect(try #require(report["runs"] as? Int) >= 3)
    #expect(try #require(report["prepare_ms"] as? Double) > 0)
  }

  @Test func reportsTimesAtTheTop() throws {
    let result = try bench(relu, "--threads", "3", "--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    try expectTimes(in: report)
    #expect(try #require(report["decode_ms"] as? Double) > 0)
    #expect(try #require(report["peak_memory_bytes"] as? Int) > 1 << 20)
    #expect(report["threads"] as? Int == 3)
    #expect(report["batch"] == nil && report["batches"] == nil)
  }

  /// Inputs without elements, as `run` takes them from files.
  @Test(arguments: ["x=0x3", "N=0"]) func noRows(shape: String) throws {
    for command in [["run", "--random", "1"], ["inspect"], ["bench", "--seconds", "0.01"], ["profile"]] {
      let result = try infold(command + [relu, "--shape", shape])
      #expect(result.status == 0, "\(command): \(result.error)")
    }
  }

  @Test func oneBatchStandsAtTheTop() throws {
    let report: [String: Any] = try bench(relu, "--batch", "4", "--json").json()
    try expectTimes(in: report)
    #expect(report["batch"] as? Int == 4)
    let median = try #require(report["median_ms"] as? Double), image = try #require(report["image_ms"] as? Double)
    let rate = try #require(report["images_per_second"] as? Double)
    #expect(abs(image * 4 - median) <= 1e-9 * median)
    #expect(abs(rate * image - 1000) <= 1e-6)
  }

  @Test func severalBatchesAreAList() throws {
    let report: [String: Any] = try bench(relu, "--batch", "8,1,2", "--json").json()
    let batches = try #require(report["batches"] as? [[String: Any]])
    let sizes = batches.map { $0["batch"] as? Int }
    #expect(sizes == [8, 1, 2])
    for batch in batches { try expectTimes(in: batch) }
    #expect(report["median_ms"] == nil)
    let lines = try bench(relu, "--batch", "8,1,2").output.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.dropFirst().prefix(3).map { $0.split(separator: " ").first } == ["8", "1", "2"])
  }

  /// `--shape` gives the other sizes. `--batch` replaces the first size.
  @Test func batchesTakeTheOtherSizesFromShapes() throws {
    let shape = [Onnx.dim("N"), Onnx.dim("C")]
    let open = try folder.write(
      "open.onnx",
      Onnx.model(graph: [Onnx.input("x", shape), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"])]))
    try expectRefusal(["bench", open, "--batch", "2"], "\"x\" has dynamic dimensions", "--shape x=")
    for shape in ["x=1x5", "C=5"] {
      let report: [String: Any] = try bench(open, "--batch", "2", "--shape", shape, "--json").json()
      #expect(report["batch"] as? Int == 2)
    }
    #expect(try bench(open, "--batch", "2", "--shape", "N=4", "--shape", "C=5").status == 0)
  }

  /// Random integers that select rows are valid indices, and integers from files are used as they are.
  @Test func givesIndicesThatTheModelHas() throws {
    let path = try folder.write(
      "embedding.onnx",
      Onnx.model(graph: [
        Onnx.input("ids", type: 7, [Onnx.dim("N"), Onnx.dim(50)]),
        Onnx.input("mask", type: 9, [Onnx.dim(50), Onnx.dim(1)]),
        Onnx.output("y"), Onnx.node("Cast", ["ids"], ["c"], attributes: [Onnx.attribute("to", type: 2, [.int(3, 6)])]),
        Onnx.node("Unsqueeze", ["c", "a"], ["u"]), Onnx.node("Squeeze", ["u", "a"], ["v"]),
        Onnx.node("Gather", ["w", "v"], ["e"]), Onnx.node("Where", ["mask", "e", "zero"], ["y"]),
        Onnx.initializer("w", [3, 1], [Onnx.raw([1, 2, 3])]), Onnx.initializer("zero", [1], [Onnx.raw([0])]),
        Onnx.initializer("a", type: 7, [1], [.packed(7, [0])]),
      ]))
    #expect(try bench(path).status == 0)
    #expect(try infold("profile", path, "--runs", "1").status == 0)
    func file(_ index: Int64) throws -> String {
      try folder.write("ids.npy", NumPyFile.encode(Tensor(shape: [1, 50], Array(repeating: index, count: 50))))
    }
    for command in [["bench", "--seconds", "0.01"], ["profile", "--runs", "1"]] {
      let right = try infold(command + [path, "--input", "ids=" + file(2)])
      #expect(right.status == 0, "\(right.error)")
      try expectRefusal(command + [path, "--input", "ids=" + file(3)], "the index 3 is out of bounds for axis 0")
      try expectRefusal(command + [path, "--input", "idx=" + file(2)], "did you mean \"ids\"?")
    }
  }

  /// Inputs with a default value have its shape.
  @Test func takesDefaults() throws {
    let path = try folder.write(
      "defaults.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(3)]), Onnx.input("w", [Onnx.dim("k")]), Onnx.output("y"),
        Onnx.node("Mul", ["x", "w"], ["y"]), Onnx.initializer("w", [3], [Onnx.raw([1, 2, 3])]),
      ]))
    for command in [["bench", "--seconds", "0.01"], ["profile", "--runs", "1"]] {
      let result = try infold(command + [path])
      #expect(result.status == 0, "\(result.error)")
      #expect(try infold(command + [path, "--shape", "w=1"]).status == 0)
    }
  }

  @Test func refusesABatchThatTheModelFixes() throws {
    let fixed = try folder.write(
      "fixed.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(3)]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"]),
      ]))
    try expectRefusal(["bench", fixed, "--batch", "2"], "--batch needs a dynamic first dimension")
    #expect(try bench(fixed).status == 0)
  }

  @Test(arguments: [
    (["--batch", "0"], "'0'"), (["--batch", "1,,2"], "'1,,2'"), (["--batch", "2,2"], "'2,2'"),
    (["--batch", "x"], "'x'"), (["--batch", ""], "''"), (["--batch=-1"], "'-1'"),
    (["--batch", "99999999999999999999"], "--batch"), (["--seconds", "0"], "more than 0"),
    (["--seconds", "nan"], "--seconds"),
  ])
  func refusesBadUsage(arguments: [String], part: String) throws {
    try expectRefusal(["bench", relu] + arguments, part, "see 'infold bench --help'")
  }

  /// An input with a default value uses it, unless it is given a shape.
  @Test func measuresWithDefaults() throws {
    let sum = try folder.write(
      "sum.onnx",
      Onnx.model(graph: [
        Onnx.input("a", [Onnx.dim("N")]), Onnx.input("b", [Onnx.dim("N")]), Onnx.output("s"),
        Onnx.node("Add", ["a", "b"], ["s"]), Onnx.initializer("b", [2], [Onnx.raw([10, 20])]),
      ]))
    #expect(try bench(sum, "--shape", "a=2").status == 0)
    #expect(try bench(sum, "--shape", "N=2").status == 0)
    #expect(try bench(sum, "--batch", "2").status == 0)
    #expect(try bench(sum, "--shape", "a=2", "--shape", "b=2").status == 0)
  }
}
