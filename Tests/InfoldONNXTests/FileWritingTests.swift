import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

struct FileWritingTests {
  private let folder: TemporaryFolder
  private let model: Model

  init() throws {
    folder = try TemporaryFolder()
    model = try Model(bytes: Onnx.relu(), operators: .standard)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func newAndReplacedFiles() throws {
    let path = folder.path("a.onnx")
    try model.write(to: path)
    #expect(try Model(path: path, operators: .standard).graph.nodes.count == 1)
    try folder.write("a.onnx", Array(repeating: 1, count: 10_000))
    try model.write(to: path)
    #expect(try Model(path: path, operators: .standard).graph.nodes.count == 1)
    #expect(try names() == ["a.onnx"])
  }

  /// The target of a symbolic link is replaced, not the link.
  @Test func links() throws {
    try folder.write("a.onnx", [])
    try folder.link("b.onnx", to: "a.onnx")
    try model.write(to: folder.path("b.onnx"))
    #expect(try Model(path: folder.path("a.onnx"), operators: .standard).graph.nodes.count == 1)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("b.onnx")) == "a.onnx")
  }

  @Test func devices() throws {
    try TensorFile(Tensor(scalar: Float(1))).write(to: "/dev/null")
  }

  @Test func failures() throws {
    try folder.write("file", [])
    expectError(.fileAccess, folder.path, "is a folder") { () throws(InfoldError) in
      try model.write(to: folder.path)
    }
    expectError(.fileAccess, "missing/a.onnx", "no such file") { () throws(InfoldError) in
      try model.write(to: folder.path("missing/a.onnx"))
    }
    expectError(.fileAccess, "file/a.onnx", "not a directory") { () throws(InfoldError) in
      try model.write(to: folder.path("file/a.onnx"))
    }
    expectError(.fileAccess, "/dev/full", "no space left") { () throws(InfoldError) in
      try model.write(to: "/dev/full")
    }
    expectError(.fileAccess, "NUL") { () throws(InfoldError) in try model.write(to: "a\0b") }
    #expect(try names() == ["file"])
  }
}
