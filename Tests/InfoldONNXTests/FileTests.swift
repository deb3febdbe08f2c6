import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Files that are models, and files that are not.
struct FileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectFileError(_ code: InfoldError.Code, _ part: String, _ path: String) {
    expectError(code, path, part) { () throws(InfoldError) in try Model(path: path, operators: .standard) }
    expectError(code, path) { () throws(InfoldError) in try TensorFile(path: path) }
  }

  @Test func model() throws {
    let path = try folder.write("a.onnx", Onnx.relu())
    let model = try Model(path: path, operators: .standard)
    #expect(model.path == path)
    #expect(model.graph.nodes.count == 1)
  }

  @Test func modelBehindALink() throws {
    try folder.write("a.onnx", Onnx.relu())
    try folder.link("b.onnx", to: "a.onnx")
    #expect(try Model(path: folder.path("b.onnx"), operators: .standard).graph.nodes.count == 1)
  }

  @Test func tensor() throws {
    let path = try folder.write("t.pb", Onnx.tensor([2], [Onnx.raw([1, 2])]).bytes)
    #expect(try TensorFile(path: path).tensor == Tensor(shape: [2], [Float(1), 2]))
  }

  @Test func noModels() throws {
    expectFileError(.fileAccess, "no such file", folder.path("missing.onnx"))
    expectFileError(.fileAccess, "is a folder", folder.path)
    expectFileError(.fileAccess, "is a device", "/dev/zero")
    expectFileError(.malformedData, "has no", try folder.write("empty.onnx", []))
    expectFileError(
      .malformedData, "not an ONNX file", try folder.write("text.onnx", Array("Not a model, but a text.\n".utf8)))
    try folder.link("loop.onnx", to: "loop.onnx")
    expectFileError(.fileAccess, "symbolic links", folder.path("loop.onnx"))
    expectError(.fileAccess, "NUL") { () throws(InfoldError) in try Model(path: "a\0b", operators: .standard) }
  }

  /// Nothing is ever written to the pipe, so waiting for data would take forever.
  @Test(.timeLimit(.minutes(60))) func pipe() throws {
    let path = folder.path("pipe.onnx")
    try #require(mkfifo(path, 0o600) == 0)
    expectFileError(.fileAccess, "is a pipe", path)
  }

  /// A sparse file of 3 GiB.
  @Test func tooLarge() throws {
    let path = try folder.write("large.onnx", [])
    try #require(truncate(path, 3 << 30) == 0)
    expectFileError(.limitExceeded, "\(3 << 30) bytes", path)
    expectError(.limitExceeded, "external files") { () throws(InfoldError) in
      try Model(path: path, operators: .standard)
    }
  }
}
