import Foundation
import InfoldOperators
import TestSupport
import Testing

/// What `bench` reports, not how fast anything is.
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
    #expect(batches.map { $0["batch"] as? Int } == [8, 1, 2])
    for batch in batches { try expectTimes(in: batch) }
    #expect(report["median_ms"] == nil)
    let lines = try bench(relu, "--batch", "8,1,2").output.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.dropFirst().prefix(3).map { $0.split(separator: " ").first } == ["8", "1", "2"])
  }

  /// The other sizes come from `--shape`, whose first gives way.
  @Test func batchesTakeTheOtherSizesFromShapes() throws {
    let shape = [Onnx.dim("N"), Onnx.dim("C")]
    let open = try folder.write(
      "open.onnx",
      Onnx.model(graph: [Onnx.input("x", shape), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"])]))
    try expectRefusal(["bench", open, "--batch", "2"], "leaves open the sizes of \"x\"", "--shape x=")
    for shape in ["x=1x5", "C=5"] {
      let report: [String: Any] = try bench(open, "--batch", "2", "--shape", shape, "--json").json()
      #expect(report["batch"] as? Int == 2)
    }
    #expect(try bench(open, "--batch", "2", "--shape", "N=4", "--shape", "C=5").status == 0)
  }

  @Test func refusesABatchThatTheModelFixes() throws {
    let fixed = try folder.write(
      "fixed.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(3)]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"]),
      ]))
    try expectRefusal(["bench", fixed, "--batch", "2"], "the model fixes the first dimension of every input")
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

  /// An input with a default has that, unless it is given a shape.
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
