import Foundation
import TestSupport
import Testing

/// What `profile` reports, not how fast anything is.
@Suite struct ProfileTests {
  private let folder: TemporaryFolder
  /// y = Relu(x · w) for x [1, 2, 4, 4], by a convolution with a window of 1×1.
  private let network: String
  /// Of its convolution.
  private let multiplyAccumulates = 4 * 4 * 2 * 3

  init() throws {
    folder = try TemporaryFolder()
    network = try folder.write(
      "network.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [1, 2, 4, 4].map { Onnx.dim($0) }), Onnx.output("y"),
        Onnx.node("Conv", name: "mix", ["x", "w"], ["h"]), Onnx.node("Relu", ["h"], ["y"]),
        Onnx.initializer("w", [3, 2, 1, 1], [Onnx.raw([1, 2, 3, 4, 5, 6])]),
      ]))
  }

  private func profile(_ arguments: String...) throws -> ToolResult {
    try infold(["profile", network, "--runs", "2", "--threads", "2"] + arguments)
  }

  @Test func describesEveryStep() throws {
    let result = try profile("--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    #expect(report["threads"] as? Int == 2)
    #expect(["avx512", "avx2", "portable"].contains(report["instructionSet"] as? String))
    let peak = try #require(report["peakGflops"] as? Double)
    #expect(peak > 0)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let convolution = try #require(layers.first { $0["gflops"] != nil })
    #expect(convolution["operation"] as? String == "Conv+Relu")
    #expect(convolution["algorithm"] as? String == "1×1")
    #expect((convolution["node"] as? String)?.contains("mix") == true)
    #expect(convolution["shape"] as? [Int] == [1, 3, 4, 4])
    let milliseconds = try #require(convolution["milliseconds"] as? Double)
    let rate = try #require(convolution["gflops"] as? Double)
    let share = try #require(convolution["shareOfPeak"] as? Double)
    #expect(abs(rate * milliseconds * 1e6 - 2 * Double(multiplyAccumulates)) < 1e-6)
    #expect(abs(share * peak - rate) < 1e-9 * peak)
    for list in ["layers", "totals"] {
      let entries = try #require(report[list] as? [[String: Any]])
      #expect(abs(entries.reduce(0) { $0 + ($1["share"] as? Double ?? .nan) } - 1) < 1e-9)
    }
    let totals = try #require(report["totals"] as? [[String: Any]])
    #expect(totals.reduce(0) { $0 + ($1["steps"] as? Int ?? 0) } == layers.count)
  }

  @Test func printsForPeople() throws {
    let result = try profile()
    #expect(result.status == 0, "\(result.error)")
    for part in ["of peak", "Conv+Relu", "1×1", "1×3×4×4", "2 threads of ", " GFLOP/s\n"] {
      #expect(result.output.contains(part), "\(part)")
    }
  }

  @Test func writesATrace() throws {
    let path = folder.path("trace.json")
    let result = try profile("--trace", path, "--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    let layers = try #require(report["layers"] as? [[String: Any]])
    let trace = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    let events = try #require(trace["traceEvents"] as? [[String: Any]])
    let steps = events.filter { $0["ph"] as? String == "X" }
    #expect(events.count == steps.count + 1)
    #expect(steps.count == layers.count)
    var end = 0.0
    for (step, layer) in zip(steps, layers) {
      let begin = try #require(step["ts"] as? Double), duration = try #require(step["dur"] as? Double)
      #expect(begin >= end - 1e-3 && duration >= 0)
      end = begin + duration
      let details = try #require(step["args"] as? [String: Any])
      #expect(details["algorithm"] as? String == layer["algorithm"] as? String)
      #expect(details["shape"] as? [Int] == layer["shape"] as? [Int])
      #expect(step["cat"] as? String == layer["operation"] as? String)
    }
    #expect(steps.contains { ($0["args"] as? [String: Any])?["multiplyAccumulates"] as? Int == multiplyAccumulates })
  }

  @Test func refusesATraceThatCannotBeWritten() throws {
    try expectRefusal(["profile", network, "--runs", "1", "--trace", folder.path("missing/trace.json")], "missing")
    try expectRefusal(["profile", network, "--runs", "1", "--trace", folder.path("")], "folder")
  }

  @Test(arguments: [["--runs", "0"], ["--runs", "x"], ["--trace"], ["--runs", "1000001"]])
  func refusesBadUsage(arguments: [String]) throws {
    try expectRefusal(["profile", network] + arguments, arguments[0], "see 'infold profile --help'")
  }
}
