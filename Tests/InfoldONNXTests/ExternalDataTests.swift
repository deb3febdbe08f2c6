import Foundation
import Glibc
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Tensors with external data: inside the model's folder, and in places where it must not be read.
struct ExternalDataTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let floats: [UInt8] = [1, 2].flatMap { (number: Float) in Wire.littleEndian(number.bitPattern) }

  /// A tensor [2] with these external_data entries.
  private func tensor(_ entries: [(String, String)], type: Int = 1, shape: [Int] = [2], more: [Wire] = []) -> [Wire] {
    Onnx.tensor(
      name: "w", type: type, shape,
      entries.map { .message(13, [.text(1, $0.0), .text(2, $0.1)]) } + [.int(14, 1)] + more)
  }

  private func model(_ tensor: [Wire]) throws -> String {
    try folder.write("model/model.onnx", Onnx.relu(more: [.message(5, tensor)]))
  }

  private func read(_ entries: [(String, String)]) throws -> Tensor? {
    let path = try model(tensor(entries))
    return try Model(path: path, operators: .standard).graph.values.first { $0.name == "w" }?.initializer?.tensor
  }

  @Test func data() throws {
    try folder.write("model/w.bin", Self.floats)
    try folder.write("model/sub/folder/w.bin", [9, 9, 9] + Self.floats + [9])
    let expected = try Tensor(shape: [2], [Float(1), 2])
    #expect(try read([("location", "w.bin")]) == expected)
    #expect(try read([("location", "./w.bin"), ("offset", "0"), ("length", "8"), ("checksum", "?")]) == expected)
    #expect(try read([("location", "sub/folder/w.bin"), ("offset", "3"), ("length", "8")]) == expected)
  }

  /// Sparse files of more than 2 and 4 GiB, which occupy almost no disk space.
  @Test(arguments: [(1 << 31) - 4, (1 << 32) + 4]) func placesFarBack(offset: Int) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("model/w.bin", [])))
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Self.floats)
    try file.close()
    let entries = [("location", "w.bin"), ("offset", "\(offset)")]
    #expect(try read(entries + [("length", "8")]) == Tensor(shape: [2], [Float(1), 2]))
    try expectDataError(.malformedData, "exceeds the file", [("location", "w.bin"), ("offset", "\(offset + 4)")])
  }

  @Test func tensorsOfNodes() throws {
    try folder.write("model/w.bin", Self.floats)
    let value = Onnx.attribute("value", type: 4, [.message(5, tensor([("location", "w.bin")]))])
    let path = try folder.write(
      "model/model.onnx", Onnx.relu(more: [Onnx.node("Op", ["x"], ["z"], attributes: [value])]))
    guard case .tensor(let tensor) = try Model(path: path, operators: .standard).graph.nodes[1].attributes["value"]
    else {
      Issue.record("no tensor")
      return
    }
    #expect(try tensor == Tensor(shape: [2], [Float(1), 2]))
  }

  @Test func bareTensors() throws {
    try folder.write("w.bin", Self.floats)
    let path = try folder.write("t.pb", tensor([("location", "w.bin")]).bytes)
    #expect(try TensorFile(path: path).tensor == Tensor(shape: [2], [Float(1), 2]))
  }

  private func expectDataError(_ code: InfoldError.Code, _ part: String, _ entries: [(String, String)]) throws {
    let path = try model(tensor(entries))
    expectError(code, path, "initializer \"w\"", part) { () throws(InfoldError) in
      try Model(path: path, operators: .standard)
    }
  }

  /// The file exists in each case, but its path is refused.
  @Test func outsideTheFolder() throws {
    let x = try folder.write("x", Self.floats)
    try folder.write("model/x", Self.floats)
    try folder.write("model/sub/y", Self.floats)
    try expectDataError(.fileAccess, "\"..\"", [("location", "../x")])
    try expectDataError(.fileAccess, "\"..\"", [("location", "sub/../x")])
    try expectDataError(.fileAccess, "absolute path", [("location", x)])
    try expectDataError(.fileAccess, "empty component", [("location", "sub//y")])
    try expectDataError(.fileAccess, "empty component", [("location", "x/")])
    try expectDataError(.fileAccess, "empty path", [("location", "")])
  }

  @Test func links() throws {
    try folder.write("x", Self.floats)
    try folder.write("elsewhere/x", Self.floats)
    try folder.write("model/real", Self.floats)
    try folder.link("model/x", to: "../x")
    try folder.link("model/inside", to: "real")
    try folder.link("model/sub", to: "../elsewhere")
    try expectDataError(.fileAccess, "symbolic link \"x\"", [("location", "x")])
    try expectDataError(.fileAccess, "symbolic link \"inside\"", [("location", "inside")])
    try expectDataError(.fileAccess, "symbolic link \"sub\"", [("location", "sub/x")])
  }

  /// A name inside the folder for a file that also has a name outside.
  @Test func hardLinks() throws {
    let outside = try folder.write("x", Self.floats)
    try folder.write("model/w.bin", Self.floats)
    try #require(Glibc.link(outside, folder.path("model/x")) == 0)
    try expectDataError(.fileAccess, "has 2 hard links", [("location", "x")])
    #expect(try read([("location", "w.bin")]) == Tensor(shape: [2], [Float(1), 2]))
  }

  /// As in model caches: symbolic links from a folder for each version to files with other names.
  @Test func linksInsideOfACache() throws {
    try folder.write("cache/blobs/1234", Self.floats)
    try folder.write("elsewhere/x", Self.floats)
    try folder.write("cachex/x", Self.floats)
    let root = folder.path("cache")
    let expected = try Tensor(shape: [2], [Float(1), 2])
    func read(_ location: String) throws -> Tensor? {
      let bytes = Onnx.relu(more: [.message(5, tensor([("location", location)]))])
      let path = try folder.write("cache/snapshots/1/model.onnx", bytes)
      let graph = try Model(path: path, operators: .standard, dataRoot: root).graph
      return graph.values.first { $0.name == "w" }?.initializer?.tensor
    }
    func expect(_ part: String, _ location: String) {
      expectError(.fileAccess, part) { () throws(InfoldError) in
        do { _ = try read(location) } catch let error as InfoldError { throw error } catch { fatalError() }
      }
    }
    try folder.write("cache/snapshots/1/plain", Self.floats)
    for (name, target) in [
      ("link", "../../blobs/1234"), ("twice", "link"), ("out", "../../../elsewhere/x"), ("beside", "../../../cachex/x"),
      ("absolute", folder.path("elsewhere/x")), ("folder", "../../../elsewhere"), ("loop", "loop"),
      ("inside", folder.path("cache/blobs/1234")),
    ] {
      try folder.link("cache/snapshots/1/" + name, to: target)
    }
    for location in ["plain", "link", "twice", "inside", "../../blobs/1234"] {
      #expect(try read(location) == expected, "\(location)")
    }
    for location in ["out", "beside", "absolute", "folder/x", "../../../elsewhere/x"] { expect("is outside", location) }
    expect("absolute path", folder.path("cache/blobs/1234"))
    expect("cannot be found", "loop")
    expect("cannot be found", "missing")
    expect("is a folder", "../../blobs")
  }

  /// A symbolic link that appears after the path was checked, again and again, is never followed.
  @Test(arguments: [false, true]) func linksThatComeAndGo(followsLinks: Bool) throws {
    let secret: [UInt8] = [0, 0, 0x40, 0x40, 0, 0, 0x40, 0x40]
    try folder.write("secret/w.bin", secret)
    try folder.write("model/real/w.bin", Self.floats)
    let path = try model(tensor([("location", "way/w.bin")]))
    let way = folder.path("model/way"), other = folder.path("model/other"), away = folder.path("model/away")
    try folder.link("model/other", to: "../secret")
    try FileManager.default.copyItem(atPath: folder.path("model/real"), toPath: way)
    let swaps = Thread {
      while !Thread.current.isCancelled {
        for (source, target) in [(way, away), (other, way), (way, other), (away, way)] { rename(source, target) }
      }
    }
    swaps.start()
    defer { swaps.cancel() }
    var outcomes: Set<String> = []
    for _ in 0..<3000 {
      do {
        let model = try Model(path: path, operators: .standard, dataRoot: followsLinks ? folder.path("model") : nil)
        let tensor = try #require(model.graph.values.first { $0.name == "w" }?.initializer?.tensor)
        let elements = try tensor.elements(as: Float.self)
        try #require(elements == [1, 2], "data from outside of the folder was read")
        outcomes.insert("read")
      } catch let error as InfoldError {
        #expect(error.code == .fileAccess)
        if error.reason.contains(followsLinks ? "is outside" : "symbolic link") { outcomes.insert("refused") }
      }
    }
    #expect(outcomes == ["read", "refused"])
  }

  @Test(.timeLimit(.minutes(60))) func otherKindsOfFiles() throws {
    try folder.write("model/sub/y", Self.floats)
    try #require(mkfifo(folder.path("model/pipe"), 0o600) == 0)
    try expectDataError(.fileAccess, "no such file", [("location", "missing")])
    try expectDataError(.fileAccess, "no such file", [("location", "missing/y")])
    try expectDataError(.fileAccess, "not a directory", [("location", "model.onnx/y")])
    try expectDataError(.fileAccess, "is a folder", [("location", "sub")])
    try expectDataError(.fileAccess, "is a folder", [("location", ".")])
    try expectDataError(.fileAccess, "is a pipe", [("location", "pipe")])
  }

  @Test func places() throws {
    try folder.write("model/w.bin", Self.floats)
    func expect(_ code: InfoldError.Code = .malformedData, _ part: String, offset: String? = nil, length: String? = nil)
      throws
    {
      try expectDataError(
        code, part,
        [("location", "w.bin")] + (offset.map { [("offset", $0)] } ?? []) + (length.map { [("length", $0)] } ?? []))
    }
    try expect(.malformedData, "exceeds the file", offset: "1")
    try expect(.malformedData, "exceeds the file", offset: "8")
    try expect(.malformedData, "exceeds the file", offset: "9223372036854775807")
    try expect(.malformedData, "is not a number of bytes", offset: "9223372036854775808")
    for text in ["-1", "+1", " 1", "1 ", "0x1", "1e3", "", "١"] {
      try expect(.malformedData, "offset", offset: text)
      try expect(.malformedData, "is not a number of bytes", length: text)
    }
    try expect(.malformedData, "4 bytes, but the shape needs 8", length: "4")
    try expect(.malformedData, "12 bytes, but the shape needs 8", length: "12")
    try expect(.malformedData, "is not a number of bytes", length: "18446744073709551624")
  }

  @Test func entries() throws {
    try folder.write("model/w.bin", Self.floats)
    try expectDataError(.malformedData, "has no location", [("offset", "0")])
    try expectDataError(.malformedData, "duplicate key location", [("location", "w.bin"), ("location", "w.bin")])
    try expectDataError(
      .malformedData, "duplicate key offset", [("location", "w.bin"), ("offset", "0"), ("offset", "0")])
    try expectDataError(.fileAccess, "NUL", [("location", "w.bin\0")])
  }

  @Test func contradictions() throws {
    try folder.write("model/w.bin", Self.floats)
    let location = [("location", "w.bin")]
    func expect(_ code: InfoldError.Code = .malformedData, _ part: String, _ tensor: [Wire]) throws {
      let path = try model(tensor)
      expectError(code, "initializer \"w\"", part) { () throws(InfoldError) in
        try Model(path: path, operators: .standard)
      }
    }
    try expect(.malformedData, "both external and in raw_data", tensor(location, more: [Onnx.raw([1, 2])]))
    try expect(.malformedData, "float_data contains data", tensor(location, more: [.float(4, 1), .float(4, 1)]))
    try expect(.malformedData, "strings", tensor(location, type: 8))
    try expect(.malformedData, "overflows", tensor(location, shape: [1 << 62, 1]))
    try expect(.malformedData, "range of bool", tensor([("location", "w.bin"), ("offset", "2")], type: 9))
  }

  /// A tensor of 2⁴⁰ bytes in a sparse file of that size.
  @Test func moreThanTheMachineHas() throws {
    let path = try folder.write("model/w.bin", [])
    try #require(truncate(path, 1 << 40) == 0)
    let file = try model(tensor([("location", "w.bin")], type: 2, shape: [1 << 40]))
    expectError(.limitExceeded, "exceeds the limit of") { () throws(InfoldError) in
      try Model(path: file, operators: .standard)
    }
  }

  @Test func modelsWithoutAFolder() {
    expectError(.fileAccess, "\"w.bin\"", "without a folder") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [.message(5, tensor([("location", "w.bin")]))]), operators: .standard)
    }
  }

  /// Tensors that are kept as messages would lose their external data if the model were written elsewhere.
  @Test func listsOfTensors() throws {
    try folder.write("model/w.bin", Self.floats)
    let list = Onnx.attribute("list", type: 9, [.message(10, tensor([("location", "w.bin")]))])
    let path = try folder.write(
      "model/model.onnx", Onnx.relu(more: [Onnx.node("Op", ["x"], ["z"], attributes: [list])]))
    expectError(.unsupported, "attribute \"list\"", "external data") { () throws(InfoldError) in
      try Model(path: path, operators: .standard)
    }
  }

  /// If a message were written unchanged, its external data would be looked for next to the new file.
  @Test func functionsAndTrainingGraphs() throws {
    try folder.write("model/w.bin", Self.floats)
    let w = tensor([("location", "w.bin")])
    let node: [Wire] = [.text(2, "q"), .text(4, "Op"), .message(5, Onnx.attribute("t", type: 4, [.message(5, w)]))]
    let function: [Wire] = [.text(1, "F"), .text(5, "q"), .message(7, node), .text(10, "d")]
    for extra: Wire in [.message(25, function), .message(20, [.message(2, [.message(5, w)])])] {
      let path = try folder.write("model/model.onnx", Onnx.relu() + extra.bytes)
      let model = try Model(path: path, operators: .standard)
      expectError(.unsupported, "external data") { () throws(InfoldError) in try model.serialized() }
    }
  }
}
