import Foundation
import FoundationXML
import InfoldGraph
import InfoldONNX
import InfoldOperators
import TestSupport
import Testing

/// The contents of the report of `profile`, not the times.
@Suite struct ProfileTests {
  private let folder: TemporaryFolder
  /// y = Relu(x · w) for x [1, 2, 4, 4], as a convolution with a window of 1×1.
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
    #expect(["amx", "avx512", "avx2", "portable"].contains(report["instructionSet"] as? String))
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
    let operations: Double = rate * milliseconds * 1e6, expected = Double(2 * multiplyAccumulates)
    #expect(abs(operations - expected) < 1e-6)
    let partOfPeak: Double = share * peak
    #expect(abs(partOfPeak - rate) < 1e-9 * peak)
    for list in ["layers", "totals"] {
      let entries = try #require(report[list] as? [[String: Any]])
      #expect(abs(entries.reduce(0) { $0 + ($1["share"] as? Double ?? .nan) } - 1) < 1e-9)
    }
    let totals = try #require(report["totals"] as? [[String: Any]])
    #expect(totals.reduce(0) { $0 + ($1["steps"] as? Int ?? 0) } == layers.count)
  }

  @Test func predictsMoreCores() throws {
    let result = try infold("profile", network, "--runs", "2", "--scaling", "--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    let points = try #require(report["points"] as? [[String: Any]])
    #expect(points.map { $0["cores"] as? Int } == [1, 2, 4, 8, 16, 32, 64])
    #expect(points[0]["speedup"] as? Double == 1)
    #expect(points[0]["milliseconds"] as? Double == points[0]["serialMilliseconds"] as? Double)
    // The layer is too small to be shared.
    let part = try #require(report["longestSerialPart"] as? [String: Any])
    let names = try #require(part["layers"] as? [String])
    #expect(names.contains("mix"))
    #expect(part["milliseconds"] as? Double == points[6]["serialMilliseconds"] as? Double)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers.count == names.count)
    #expect(layers.allSatisfy { $0["tasks"] as? Int == 1 })
    let text = try infold("profile", network, "--runs", "2", "--scaling").output
    for part in ["speedup", "on 64 cores", "Longest serial part", "are not modeled"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test(arguments: [["--threads", "2"], ["--trace", "trace.json"], ["--html", "page.html"]])
  func predictionsGoWithout(option: [String]) throws {
    let result = try infold(["profile", network, "--scaling"] + option)
    #expect(result.status == 2)
    #expect(result.error.contains("--scaling and \(option[0]) cannot be combined"), "\(result.error)")
  }

  @Test func printsForPeople() throws {
    let result = try profile()
    #expect(result.status == 0, "\(result.error)")
    for part in ["of peak", "Conv+Relu", "1×1", "1×3×4×4", "2 threads, ", " GFLOP/s\n"] {
      #expect(result.output.contains(part), "\(part)")
    }
  }

  /// The peak of an 8-bit layer is that of 8-bit products.
  @Test func holdsBytesAgainstTheirOwnPeak() throws {
    var builder = NetworkBuilder()
    let x = try builder.rounded(builder.input([1, 8, 8, 8]), scale: 0.02, zeroPoint: 128)
    let y = try builder.node("Conv", [x, builder.quantizedWeights([16, 8, 3, 3])], name: "bytes")
    let graph = try builder.finished(builder.rounded(y, scale: 0.05, zeroPoint: 128))
    let model = folder.path("quantized.onnx")
    try Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: model)
    let report: [String: Any] = try infold("profile", model, "--runs", "2", "--json").json()
    let peak = try #require(report["peakInt8Gops"] as? Double)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let layer = try #require(layers.first { ($0["algorithm"] as? String)?.hasPrefix("int8") == true })
    #expect(layer["name"] as? String == "bytes")
    let rate = try #require(layer["gflops"] as? Double), share = try #require(layer["shareOfPeak"] as? Double)
    #expect(peak > 0 && abs(share * peak - rate) < 1e-9 * peak)
    #expect(try infold("profile", model, "--runs", "2").output.contains(", int8 peak "))
    let floats: [String: Any] = try profile("--json").json()
    #expect(floats["peakInt8Gops"] == nil)
  }

  /// Steps in bodies are nested in the If or Loop that they belong to, and are not part of any total.
  @Test func listsBodies() throws {
    let model = folder.path("bodies.onnx")
    try Model(graph: NetworkBuilder.nestedBodies([2, 3]), opsetImports: [Model.OpsetImport(version: 16)])
      .write(to: model)
    let page = folder.path("bodies.html")
    let arguments = ["profile", model, "--runs", "2"]
    let report: [String: Any] = try infold(arguments + ["--json", "--html", page]).json()
    let layers = try #require(report["layers"] as? [[String: Any]])
    let totals = try #require(report["totals"] as? [[String: Any]])
    #expect(totals.reduce(0) { $0 + ($1["steps"] as? Int ?? 0) } == layers.count)
    for list in [layers, totals] {
      let shares = list.map { $0["share"] as? Double ?? .nan }
      let sum: Double = shares.reduce(0, +)
      #expect(abs(sum - 1) < 1e-9)
    }
    #expect(layers.contains { $0["operation"] as? String == "Neg" && $0["bodies"] == nil })
    let loop = try #require(layers.first { $0["operation"] as? String == "Loop" })
    let inner = try #require(loop["bodies"] as? [[String: Any]])
    #expect(inner.contains { $0["operation"] as? String == "Relu" })
    #expect(inner.contains { $0["operation"] as? String == "If" && $0["bodies"] is [[String: Any]] })
    #expect(!layers.contains { ["Relu", "If"].contains($0["operation"] as? String) })

    // Indented, below the loop.
    let lines = try infold(arguments, environment: ["COLUMNS": "200"]).output.split(separator: "\n")
    let first = try #require(lines.firstIndex { $0.contains(" Loop ") })
    let relu = try #require(lines.firstIndex { $0.contains(" Relu ") })
    let branch = try #require(lines.firstIndex { $0.contains(" If ") })
    func indentation(_ line: Int) -> Int { lines[line].prefix { $0 == " " }.count }
    #expect(first < relu && relu < branch && indentation(first) < indentation(relu))
    #expect(indentation(branch) == indentation(relu) && indentation(branch) < indentation(branch + 1))
    #expect(lines.last?.contains(" in \(layers.count) steps") == true)

    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.components(separatedBy: "<i title=").count == layers.count + 1)
    #expect(html.contains(">· node ") && html.contains(">· · node "))
  }

  @Test func showsNamesWhereThereIsRoom() throws {
    let arguments = ["profile", network, "--runs", "2"]
    func head(_ columns: String) throws -> Substring? {
      try infold(arguments, environment: ["COLUMNS": columns]).output.split(separator: "\n").first
    }
    #expect(try head("120")?.contains("node") == true)
    #expect(try head("50")?.contains("node") == false)
    #expect(try infold(arguments, environment: ["COLUMNS": "120"]).output.contains("mix  "))
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

  /// An independent XML parser reads the page. Only the declaration and elements without an end tag
  /// are not XML.
  @Test func writesAPage() throws {
    let name = "<script>alert(\"1\")</script>&amp;\u{7}\u{FFFF}"
    let network = try folder.write(
      "<b>'network'.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [1, 2, 4, 4].map { Onnx.dim($0) }), Onnx.output("y"),
        Onnx.node("Conv", name: name, ["x", "w"], ["h"]), Onnx.node("Softmax", name: "scores", ["h"], ["y"]),
        Onnx.initializer("w", [3, 2, 1, 1], [Onnx.raw([1, 2, 3, 4, 5, 6])]),
      ]))
    let path = folder.path("page.html")
    let result = try infold("profile", network, "--runs", "2", "--threads", "1", "--html", path, "--json")
    #expect(result.status == 0, "\(result.error)")
    let report: [String: Any] = try result.json()
    let layers = try #require(report["layers"] as? [[String: Any]])
    let html = try String(contentsOfFile: path, encoding: .utf8)
    let declaration = "<!doctype html>\n"
    #expect(html.hasPrefix(declaration) && html.contains("Content-Security-Policy"))
    for part in ["<script", "<b>'", "http://", "https://", "\u{7}", "\u{FFFF}"] {
      #expect(!html.contains(part), "\(part)")
    }
    let xml = html.dropFirst(declaration.count).replacing(#/<(meta[^>]*)>/#) { "<\($0.output.1)/>" }
    let page = try XMLDocument(xmlString: String(xml))
    func texts(_ path: String) throws -> [String] { try page.nodes(forXPath: path).compactMap(\.stringValue) }
    #expect(try texts("//h1") == ["Profile of <b>'network'.onnx"])
    // A part of the strip for each layer, and a row of the last table.
    let strip = try texts("//div[@class='strip']/i/@title")
    let rows = try texts("//section[last()]//tbody/tr/td[2]/text()")
    #expect(strip.count == layers.count && rows.count == layers.count)
    for (layer, (part, row)) in zip(layers, zip(strip, rows)) {
      let node = try #require(layer["node"] as? String), operation = try #require(layer["operation"] as? String)
      let shown = node.replacing("\u{FFFF}", with: "\\u{ffff}")
      #expect(row == shown)
      #expect(part.hasPrefix("\(shown) · \(operation) · "))
    }
    #expect(rows.contains { $0.hasPrefix("node \"<script>alert(") })
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
