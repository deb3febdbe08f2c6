import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Bytes that must not reach protobuf-c, and similar bytes that must.
struct WireScanTests {
  @Test func emptyBytesAreNoModel() {
    expectError(.malformedData, "not an ONNX model") { () throws(InfoldError) in
      try Model(bytes: [], operators: .standard)
    }
  }

  @Test func textIsNoModel() {
    expectError(.malformedData) { () throws(InfoldError) in
      try Model(bytes: Array("The quick brown fox jumps over the lazy dog.\n".utf8), operators: .standard)
    }
  }

  /// A truncated file is not a model, wherever it is truncated.
  @Test func truncation() {
    let bytes = Onnx.relu(more: [Onnx.initializer("w", [2], [Onnx.raw([1, 2])])])
    #expect(throws: Never.self) { try Model(bytes: bytes, operators: .standard) }
    for count in 0..<bytes.count {
      #expect(throws: InfoldError.self, "cut to \(count) bytes") {
        try Model(bytes: Array(bytes.prefix(count)), operators: .standard)
      }
    }
  }

  @Test func limitsOfTheCaller() {
    let bytes = Onnx.relu(more: [])
    let nodes = "more than 0 nodes", text = "the text has"
    #expect(throws: Never.self) { try Model(bytes: bytes, operators: .standard, limits: ModelLimits(nodes: 1)) }
    expectError(.limitExceeded, nodes) { () throws(InfoldError) in
      try Model(bytes: bytes, operators: .standard, limits: ModelLimits(nodes: 0))
    }
    let long = Onnx.relu(more: [.text(10, String(repeating: "n", count: 2000))])
    #expect(throws: Never.self) { try Model(bytes: long, operators: .standard, limits: ModelLimits(textBytes: 2000)) }
    expectError(.limitExceeded, text) { () throws(InfoldError) in
      try Model(bytes: long, operators: .standard, limits: ModelLimits(textBytes: 1999))
    }
  }

  @Test func randomBytes() {
    var generator = SplitMix64(state: 7)
    for count in 0..<2_000 {
      let bytes = (0..<count % 200 + 1).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      #expect(throws: InfoldError.self, "\(bytes)") { try Model(bytes: bytes, operators: .standard) }
    }
  }

  /// Every byte of a model with most kinds of fields, changed in several ways, gives an error or a model, and never a crash.
  @Test func everyByteChanged() {
    let bytes = Onnx.relu(more: [
      Onnx.initializer("w", [2], [Onnx.raw([1, 2])]),
      Onnx.initializer("i", type: 3, [2], [.packed(5, [-1, 2])]),
      Onnx.node(
        "Unknown", ["y"], ["z"],
        attributes: [
          Onnx.attribute("t", type: 4, [.message(5, Onnx.tensor([1], [Onnx.raw([3])]))]),
          Onnx.attribute("g", type: 5, [.message(6, [Onnx.node("Relu", ["y"], ["q"]), Onnx.output("q")])]),
        ]),
    ])
    var outcomes = (models: 0, errors: 0)
    for index in bytes.indices {
      for change: UInt8 in [0x01, 0x02, 0x04, 0x08, 0x40, 0x80, 0xff] {
        var changed = bytes
        changed[index] ^= change
        do throws(InfoldError) {
          _ = try Model(bytes: changed, operators: .standard)
          outcomes.models += 1
        } catch {
          outcomes.errors += 1
        }
      }
    }
    #expect(outcomes.models > 0 && outcomes.errors > 0)
  }

  @Test func nesting() throws {
    _ = try Model(bytes: Onnx.model(nested: 100), operators: .standard)
    for depth in [102, 100_000] {
      expectError(.malformedData, "nested more than 100 deep") { () throws(InfoldError) in
        try Model(bytes: Onnx.model(nested: depth), operators: .standard)
      }
    }
  }

  /// An unknown field may contain anything, because it is not parsed.
  @Test func unknownFieldsAreNotEntered() throws {
    var nested: [UInt8] = []
    for _ in 0..<1000 { nested = Wire.bytes(7, nested).bytes }
    _ = try Model(bytes: Onnx.relu(more: [.bytes(99, nested)]), operators: .standard)
  }

  @Test func groups() {
    expectError(.malformedData, "group") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.raw(99, type: 3, Wire.raw(99, type: 4, []).bytes).bytes, operators: .standard)
    }
  }

  @Test(arguments: [UInt8(6), 7]) func unknownWireTypes(type: UInt8) {
    expectError(.malformedData, "wire type \(type)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.raw(99, type: type, []).bytes, operators: .standard)
    }
  }

  @Test(arguments: [0, 1 << 29, 1 << 32 + 1]) func fieldNumbers(number: Int) {
    expectError(.malformedData, "is not a field number") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.int(number, 1).bytes, operators: .standard)
    }
  }

  @Test func wrongWireType() {
    expectError(.malformedData, "ModelProto.ir_version", "wire type 2") { () throws(InfoldError) in
      try Model(bytes: Wire.text(1, "8").bytes, operators: .standard)
    }
    expectError(.malformedData, "ModelProto.graph", "wire type 0") { () throws(InfoldError) in
      try Model(bytes: Wire.int(7, 1).bytes, operators: .standard)
    }
  }

  @Test func longNumbers() {
    let tooLong = Array(repeating: UInt8(0xff), count: 10) + [1]
    expectError(.malformedData, "ModelProto.ir_version", "64 bits") { () throws(InfoldError) in
      try Model(bytes: Wire.raw(1, type: 0, tooLong).bytes, operators: .standard)
    }
    expectError(.malformedData, "TensorProto.data_type", "does not fit 32 bits") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [Onnx.initializer("w", type: 1 << 32 + 1, [1], [Onnx.raw([1])])]), operators: .standard)
    }
    expectError(.malformedData, "TensorProto.int32_data", "does not fit 32 bits") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [Onnx.initializer("w", type: 6, [1], [.packed(5, [1 << 32])])]), operators: .standard)
    }
  }

  @Test(arguments: [UInt64(1000), 1 << 31, 1 << 32 + 2, .max]) func lengths(length: UInt64) {
    expectError(.malformedData, "ModelProto.graph", "needs \(length) bytes") { () throws(InfoldError) in
      try Model(bytes: Wire.raw(7, type: 2, Wire.encoded(length) + [0, 0]).bytes, operators: .standard)
    }
  }

  @Test func partialElements() {
    expectError(.malformedData, "TensorProto.float_data", "4-byte elements") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.initializer("w", [1], [.bytes(4, [0, 0, 0])])]), operators: .standard)
    }
  }

  @Test func doubledFields() {
    expectError(.malformedData, "ModelProto.graph", "duplicate field") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.message(7, []).bytes, operators: .standard)
    }
    expectError(.malformedData, "Dimension.dim_param", "more than one alternative") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.model(graph: [Onnx.input("x", [.message(1, [.int(1, 3), .text(2, "N")])]), Onnx.output("x")]),
        operators: .standard)
    }
  }

  /// An empty node takes two bytes in the file and hundreds in memory.
  @Test func manyEmptyMessages() {
    let nodes = [UInt8](repeating: 0, count: 4 << 20).indices.map { $0.isMultiple(of: 2) ? UInt8(1 << 3 | 2) : 0 }
    expectError(.limitExceeded, "needs more than the limit") { () throws(InfoldError) in
      try Model(
        bytes: Wire.int(1, 8).bytes + Wire.bytes(7, nodes).bytes, operators: .standard, limits: ModelLimits(nodes: .max)
      )
    }
    expectError(.limitExceeded, "more than 100000 nodes") { () throws(InfoldError) in
      try Model(bytes: Wire.int(1, 8).bytes + Wire.bytes(7, nodes).bytes, operators: .standard)
    }
  }

  @Test func namesAreText() {
    expectError(.malformedData, "NodeProto.name", "not UTF-8") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [.message(1, [.bytes(3, [0x66, 0xff])])]), operators: .standard)
    }
    expectError(.malformedData, "ValueInfoProto.name", "NUL") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.input("a\0b")]), operators: .standard)
    }
    expectError(.malformedData, "NodeProto.input", "not UTF-8") { () throws(InfoldError) in
      // An encoded surrogate.
      try Model(bytes: Onnx.relu(more: [.message(1, [.bytes(1, [0xed, 0xa0, 0x80])])]), operators: .standard)
    }
    expectError(.malformedData, "ModelProto.doc_string", "not UTF-8") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.bytes(6, [0xc0, 0x80]).bytes, operators: .standard)
    }
  }

  @Test func documentationMayHoldNUL() throws {
    let model = try Model(bytes: Onnx.relu() + Wire.text(6, "a\0b").bytes, operators: .standard)
    #expect(model.documentation == "a\0b")
  }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
