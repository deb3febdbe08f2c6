import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Files that are not models, and hostile models: each command that reads a model refuses each of them.
@Suite struct HostileFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectRefused(_ path: String, _ parts: String...) throws {
    try expectRefused(path, parts, inspection: ["inspect", path])
  }

  private func expectRefused(_ path: String, _ parts: [String], inspection: [String]) throws {
    for command in [inspection, ["run", path, "--random", "0"], ["classify", path, "picture.png"]] {
      try expectRefusal(command, path)
      for part in parts { try expectRefusal(command, part) }
    }
  }

  @Test func truncated() throws {
    let model = Onnx.relu(more: [Onnx.initializer("w", [3], [Onnx.raw([1, 2, 3])])])
    for count in [1, model.count / 3, model.count / 2, model.count - 1] {
      try expectRefused(try folder.write("cut\(count).onnx", Array(model.prefix(count))))
    }
  }

  @Test func randomBytes() throws {
    var generator = SplitMix64(seed: 5)
    for index in 0..<5 {
      let bytes = (0..<1000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      try expectRefused(try folder.write("random\(index).onnx", bytes))
    }
  }

  @Test func text() throws {
    try expectRefused(try folder.write("text.onnx", Array("Dear model,\nhow are you?\n".utf8)), "not an ONNX file")
  }

  @Test func empty() throws {
    try expectRefused(try folder.write("empty.onnx", []))
  }

  @Test func aFolder() throws {
    try expectRefused(folder.path, "is a folder")
    try expectRefused(folder.path("missing.onnx"), "no such file")
  }

  @Test(.timeLimit(.minutes(60))) func aPipe() throws {
    let path = folder.path("pipe.onnx")
    try #require(mkfifo(path, 0o600) == 0)
    try expectRefused(path, "is a pipe")
  }

  @Test func nested() throws {
    try expectRefused(try folder.write("nested.onnx", Onnx.model(nested: 100_000)), "nested more than 100 deep")
  }

  @Test(arguments: [
    ("../data.bin", "\"..\""), ("sub/../../data.bin", "\"..\""), ("/etc/hostname", "absolute path"),
    ("link.bin", "symbolic link"), ("linked/data.bin", "symbolic link"), ("missing.bin", "no such file"),
  ])
  func externalData(location: String, part: String) throws {
    try folder.write("data.bin", [0, 0, 0, 0])
    let tensor = Onnx.tensor(
      name: "w", [1], [.message(13, [.text(1, "location"), .text(2, location)]), .int(14, 1)])
    let path = try folder.write("models/external.onnx", Onnx.relu(more: [.message(5, tensor)]))
    try folder.link("models/link.bin", to: "../data.bin")
    try folder.link("models/linked", to: "..")
    try folder.write("models/sub/other.bin", [])
    try expectRefused(path, ["\"w\"", part], inspection: ["inspect", path, "--plan"])
    let shown = try infold("inspect", path)
    #expect(shown.status == 0 && shown.output.contains("\"w\"") && shown.output.contains(part), "\(shown)")
  }

  @Test func namesStayOnOneLine() throws {
    let name = "x\u{1B}[31m\ny"
    let path = try folder.write(
      "name.onnx",
      Onnx.model(graph: [
        Onnx.input(name, [Onnx.dim("N")]), Onnx.output("y"), Onnx.node("Relu", ["z"], ["y"], more: []),
      ]))
    try expectRefused(path, "\"z\"")
    try expectRefusal(["inspect", "no\nsuch\u{1B}file"], "no\\u{a}such\\u{1b}file")
  }
}
