import Foundation
import InfoldOperators
import TestSupport
import Testing

@Suite struct TestCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Adds a test case in which an operator must give y for x = [-1, 2].
  private func addCase(_ name: String, opType: String = "Relu", type: Int = 1, y: [Wire] = [Onnx.raw([0, 2])]) throws {
    let dims = [Onnx.dim(2)]
    try folder.write(
      name + "/model.onnx",
      Onnx.model(graph: [
        Onnx.input("x", dims), Onnx.output("y", type: type, dims), Onnx.node(opType, ["x"], ["y"]),
      ]))
    try folder.write(name + "/test_data_set_0/input_0.pb", Onnx.tensor([2], [Onnx.raw([-1, 2])]).bytes)
    try folder.write(name + "/test_data_set_0/output_0.pb", Onnx.tensor(type: type, [2], y).bytes)
  }

  private struct Report: Decodable {
    struct Case: Decodable {
      var name: String
      var path: String
      var result: String
      var reason: String?
    }
    var passed: Int
    var failed: Int
    var unsupported: Int
    var cases: [Case]
  }

  private func report(_ result: ToolResult) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
  }

  @Test func countsWhatBecameOfEachCase() throws {
    try addCase("node/a_good")
    try addCase("node/b_bad", y: [Onnx.raw([0, 2.01])])
    try addCase("node/deep/c_opaque", opType: "Bogus")
    try folder.write("node/d_broken/model.onnx", [1, 2, 3])
    for options in [[], ["--double"], ["--no-optimize"]] {
      let result = try infold(["test", folder.path, "--json"] + options)
      #expect(result.status == 1)
      let report = try report(result)
      #expect(report.cases.map(\.name) == ["a_good", "b_bad", "d_broken", "c_opaque"])
      #expect(report.cases.map(\.result) == ["passed", "failed", "failed", "unsupported"])
      #expect(report.passed == 1)
      #expect(report.failed == 2)
      #expect(report.unsupported == 1)
      #expect(report.cases[0].reason == nil)
      #expect(report.cases[1].reason?.contains("element 1: 2.0, expected 2.00999999") == true)
      #expect(report.cases[3].reason?.contains("unsupported operator Bogus") == true)
      #expect(report.cases[3].path == folder.path("node/deep/c_opaque"))
    }
    let text = try infold("test", folder.path)
    #expect(text.status == 1)
    #expect(text.output.hasSuffix("\n1 passed, 2 failed, 1 unsupported\n"))
    #expect(text.output.hasPrefix("passed       a_good\nfailed       b_bad: "))
  }

  @Test func passesWithinTheTolerance() throws {
    try addCase("near", y: [Onnx.raw([0, 2.001])])
    #expect(try infold("test", folder.path("near")).status == 0)
    #expect(try infold("test", folder.path("near"), "--rtol", "1e-4").status == 1)
    #expect(try infold("test", folder.path("near"), "--rtol", "0", "--atol", "0.01").status == 0)
  }

  @Test func readsBFloat16WrittenAsItsBits() throws {
    // 0 and 2 in bfloat16, declared as such by the model and stored as uint16.
    try addCase("bfloat", y: [])
    let dims = [Onnx.dim(2)]
    try folder.write(
      "bfloat/model.onnx",
      Onnx.model(graph: [
        Onnx.input("x", type: 16, dims), Onnx.output("y", type: 16, dims), Onnx.node("Relu", ["x"], ["y"]),
      ]))
    let x = Wire.bytes(9, [0xBF80, 0x4000].flatMap { (bits: UInt16) in Wire.littleEndian(bits) })
    let y = Wire.bytes(9, [0, 0x4000].flatMap { (bits: UInt16) in Wire.littleEndian(bits) })
    try folder.write("bfloat/test_data_set_0/input_0.pb", Onnx.tensor(type: 4, [2], [x]).bytes)
    try folder.write("bfloat/test_data_set_0/output_0.pb", Onnx.tensor(type: 4, [2], [y]).bytes)
    let result = try infold("test", folder.path)
    #expect(result.status == 0, "\(result.output)")
    #expect(try infold("test", folder.path, "--double").status == 0)
  }

  @Test func neverPassesACaseWithoutData() throws {
    try addCase("a")
    try FileManager.default.removeItem(atPath: folder.path("a/test_data_set_0/output_0.pb"))
    #expect(try report(infold("test", folder.path, "--json")).cases[0].reason?.contains("no output_0.pb") == true)
    try FileManager.default.removeItem(atPath: folder.path("a/test_data_set_0"))
    let report = try report(infold("test", folder.path, "--json"))
    #expect(report.failed == 1)
    #expect(report.cases[0].reason?.contains("no test_data_set_N") == true)
  }

  @Test func followsLinksOnce() throws {
    try addCase("a")
    try folder.link("loop", to: ".")
    try folder.link("again", to: "a")
    #expect(try report(infold("test", folder.path, "--json")).passed == 1)
  }

  @Test func refusesFoldersWithoutCases() throws {
    try expectRefusal(["test", folder.path], folder.path, "contains no test case")
    try expectRefusal(["test", folder.path("missing")], folder.path("missing"), "no such file")
    try addCase("a")
    try expectRefusal(["test", folder.path("a"), folder.path("a/model.onnx")], "model.onnx")
  }
}
