import Foundation
import FoundationXML
import InfoldOperators
import TestSupport
import Testing

/// `inspect --graph`.
@Suite struct DrawingTests {
  private let folder: TemporaryFolder
  private static let hostileName = "<script>alert(\"1\")</script>&\\n\u{7}\u{FFFF}]]>"

  init() throws {
    folder = try TemporaryFolder()
  }

  /// x → Conv → h → Relu → Add(h) → y, with an unsupported operator.
  private func network() throws -> String {
    try folder.write(
      "network.onnx",
      Onnx.model(
        opsets: [("", 13), ("com.example", 1)],
        graph: [
          Onnx.input("x", [1, 2, 4, 4].map { Onnx.dim($0) }), Onnx.output("y"), Onnx.output("z"),
          Onnx.node("Conv", name: Self.hostileName, ["x", "w"], ["h"]),
          Onnx.node("Relu", name: "positive", ["h"], ["r"]),
          Onnx.node("Add", name: "sum", ["r", "h"], ["y"]),
          Onnx.node("Strange", name: "strange", domain: "com.example", ["h"], ["z"]),
          Onnx.initializer("w", [3, 2, 1, 1], [Onnx.raw([1, 2, 3, 4, 5, 6])]),
        ]))
  }

  private func draw(_ layout: String, path: String = "", in environment: [String: String] = [:]) throws -> (
    String, String
  ) {
    let file = folder.path("drawing.svg")
    var search = environment
    if !path.isEmpty { search["PATH"] = path }
    let result = try infold(["inspect", network(), "--graph", file, "--layout", layout], environment: search)
    #expect(result.status == 0, "\(result.error)")
    return (try String(contentsOfFile: file, encoding: .utf8), result.output)
  }

  /// Returns the texts of all elements, as an independent XML parser reads them.
  private func texts(_ svg: String) throws -> [String] {
    let document = try XMLDocument(xmlString: svg)
    return try document.nodes(forXPath: "//*[local-name()='text' or local-name()='title']").compactMap(\.stringValue)
  }

  @Test(arguments: ["infold", "automatic"])
  func drawsEveryNode(layout: String) throws {
    let (svg, output) = try draw(layout)
    #expect(output.contains("drawing written to "))
    let texts = try texts(svg)
    for text in [
      "network.onnx", "input", "x", "1×2×4×4 float32", "Conv", "3×2×1×1", "1×3×4×4", "Relu", "positive", "Add", "sum",
      "Strange", "strange", "com.example", "output", "y", "z", "unsupported",
    ] {
      #expect(texts.contains(text), "\(text)")
    }
    #expect(texts.contains { $0.hasPrefix("node \"<script>alert(\"1\")</script>&\\n\\u{7}\\u{ffff}]]>\" (Conv)") })
    #expect(texts.contains { $0.contains("unsupported operator com.example.Strange") })
    #expect(!svg.contains("<script"))
    #expect(svg.components(separatedBy: "<g class=\"way\">").count - 1 == 7)
  }

  /// Creates a program of this name in a separate folder.
  private func programFolder(_ script: String) throws -> String {
    let bin = folder.path("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    let path = try folder.write("bin/dot", Array("#!/bin/sh\n\(script)\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return bin
  }

  @Test(arguments: ["exit 1", "echo graph 1 2; echo stop", "echo edge 0 1 99999999", "kill -9 $$", "/bin/cat"])
  func doesWithoutGraphvizWhereItFails(script: String) throws {
    let bin = try programFolder(script)
    let (svg, output) = try draw("automatic", path: bin)
    #expect(output.hasSuffix("laid out by Infold, since Graphviz's dot failed\n"))
    #expect(try texts(svg).contains("positive"))
  }

  @Test func doesWithoutGraphvizWhereThereIsNone() throws {
    let (_, output) = try draw("automatic", path: folder.path("nothing"))
    #expect(output.hasSuffix("laid out by Infold\n"))
    let result = try infold(
      ["inspect", network(), "--graph", folder.path("a.svg"), "--layout", "graphviz"],
      environment: ["PATH": folder.path("nothing")])
    #expect(result.status == 2 && result.error.contains("not installed"))
  }

  @Test func tellsGraphvizNoTextOfTheModel() throws {
    let bin = try programFolder("/bin/cat > '\(folder.path("seen"))'; exit 1")
    _ = try draw("automatic", path: bin)
    let seen = try String(contentsOfFile: folder.path("seen"), encoding: .utf8)
    #expect(seen.hasPrefix("digraph{") && !seen.contains("script") && !seen.contains("positive"))
  }

  @Test func writesTextForGraphviz() throws {
    let file = folder.path("network.DOT")
    let result = try infold("inspect", try network(), "--graph", file)
    #expect(result.status == 0, "\(result.error)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("label=\"Relu\\npositive\""))
    #expect(text.contains("node \\\"<script>alert(\\\"1\\\")</script>&amp;\\\\n\\\\u{7}"))
    #expect(text.contains("n1 -> n2 [label=\"1×3×4×4\""))
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/dot") else { return }
    #expect(try run("/usr/bin/dot", ["-Tsvg", file]).status == 0)
  }

  @Test func refusesANetworkThatIsTooLarge() throws {
    let count = 20_000
    let nodes = (0..<count).map {
      Onnx.node("Relu", [$0 == 0 ? "x" : "v\($0)"], [$0 == count - 1 ? "y" : "v\($0 + 1)"])
    }
    let path = try folder.write(
      "large.onnx", Onnx.model(graph: [Onnx.input("x", [Onnx.dim(4)]), Onnx.output("y")] + nodes))
    try expectRefusal(
      ["inspect", path, "--graph", folder.path("large.svg")], "20,002 boxes", ".dot file")
    #expect(!FileManager.default.fileExists(atPath: folder.path("large.svg")))
    #expect(try infold("inspect", path, "--graph", folder.path("large.dot")).status == 0)
  }

  @Test(arguments: [["--graph", "a.png"], ["--graph", "svg"], ["--layout", "best"]])
  func refusesBadUsage(arguments: [String]) throws {
    try expectRefusal(["inspect", try network()] + arguments, arguments[1])
  }

  @Test func refusesAFileThatCannotBeWritten() throws {
    try expectRefusal(["inspect", try network(), "--graph", folder.path("missing/a.svg")], "missing")
  }
}
