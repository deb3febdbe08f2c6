import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import TestSupport
import Testing

/// A single TensorProto, with every way to store its elements.
struct TensorDecodingTests {
  private func bytes(type: Int, _ shape: [Int], _ data: Wire...) throws -> [UInt8] {
    let file = try TensorFile(bytes: Onnx.tensor(name: "t", type: type, shape, data).bytes)
    #expect(file.name == "t")
    #expect(file.tensor.shape == shape)
    #expect(Int(file.tensor.elementType.rawValue) == type)
    return file.tensor.withUnsafeBytes { Array($0) }
  }

  /// Every type whose elements are stored in int32_data, with its lowest and highest value.
  @Test(
    arguments: [
      (2, [0, 255], [0, 0xff]), (3, [-128, 127], [0x80, 0x7f]), (4, [0, 65535], [0, 0, 0xff, 0xff]),
      (5, [-32768, 32767], [0, 0x80, 0xff, 0x7f]), (6, [-1, 2], [0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0]),
      (9, [0, 1], [0, 1]),
      (10, [0x3c00, 0x8000], [0, 0x3c, 0, 0x80]), (16, [0x3f80, 0xffff], [0x80, 0x3f, 0xff, 0xff]),
      (17, [0, 255], [0, 255]), (18, [1, 2], [1, 2]), (19, [1, 2], [1, 2]), (20, [1, 2], [1, 2]),
      (24, [1, 2], [1, 2]),
    ] as [(Int, [Int], [UInt8])])
  func int32Data(type: Int, values: [Int], expected: [UInt8]) throws {
    #expect(try bytes(type: type, [2], .packed(5, values)) == expected)
  }

  @Test(arguments: [
    (2, 256), (2, -1), (3, 128), (3, -129), (4, 65536), (4, -1), (5, 32768), (9, 2), (9, -1), (10, 65536), (10, -1),
    (16, 65536), (17, 256), (24, -1), (21, 256), (27, 64), (28, -1),
  ])
  func int32DataOutsideItsRange(type: Int, value: Int) {
    expectError(.malformedData, "the element \(value) is outside the range") { () throws(InfoldError) in
      try TensorFile(bytes: Onnx.tensor(type: type, [1], [.packed(5, [value])]).bytes)
    }
  }

  @Test func typedData() throws {
    #expect(try bytes(type: 1, [1], .float(4, 1)) == [0, 0, 0x80, 0x3f])
    #expect(
      try bytes(type: 11, [1], .raw(10, type: 1, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])) == [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
    #expect(try bytes(type: 7, [1], .int(7, -2)) == [0xfe] + Array(repeating: 0xff, count: 7))
    #expect(try bytes(type: 12, [1], .int(11, 0xffff_ffff)) == Array(repeating: 0xff, count: 4))
    #expect(try bytes(type: 13, [1], .int(11, -1)) == Array(repeating: 0xff, count: 8))
    #expect(try bytes(type: 14, [1], .float(4, 1), .float(4, 0)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0])
    #expect(try bytes(type: 15, [0]) == [])
    expectError(.malformedData, "4294967296 is outside the range of uint32") { () throws(InfoldError) in
      try TensorFile(bytes: Onnx.tensor(type: 12, [1], [.int(11, 1 << 32)]).bytes)
    }
  }

  /// Elements of 4 and 2 bits are packed into bytes, also in int32_data; elements of 6 bits only in raw_data.
  @Test func subByteData() throws {
    for type in [21, 22, 23] {
      #expect(try bytes(type: type, [3], .packed(5, [0x21, 0x03])) == [0x21, 0x03])
      #expect(try bytes(type: type, [3], .bytes(9, [0x21, 0x03])) == [0x21, 0x03])
    }
    for type in [25, 26] {
      #expect(try bytes(type: type, [5], .packed(5, [0xe4, 0x01])) == [0xe4, 0x01])
    }
    for type in [27, 28] {
      // 1, 2, 3, 63 as four 6-bit codes, lowest bits first.
      #expect(try bytes(type: type, [4], .packed(5, [1, 2, 3, 63])) == [0x81, 0x30, 0xfc])
      #expect(try bytes(type: type, [4], .bytes(9, [0x81, 0x30, 0xfc])) == [0x81, 0x30, 0xfc])
      #expect(try bytes(type: type, [5], .packed(5, [0, 0, 0, 0, 63])) == [0, 0, 0, 0x3f])
    }
  }

  @Test func rawData() throws {
    #expect(try bytes(type: 4, [2], .bytes(9, [1, 2, 3, 4])) == [1, 2, 3, 4])
    let file = try TensorFile(bytes: Onnx.tensor(type: 4, [2], [.bytes(9, [1, 2, 3, 4])]).bytes)
    #expect(try file.tensor.elements(as: UInt16.self) == [0x0201, 0x0403])
  }

  @Test func scalarsAndEmptyTensors() throws {
    #expect(try bytes(type: 1, [], .float(4, 1)).count == 4)
    #expect(try bytes(type: 1, [0]) == [])
    #expect(try bytes(type: 1, [1 << 40, 0]) == [])
  }

  private func expectTensorError(
    _ part: String, code: InfoldError.Code = .malformedData, type: Int = 1, _ shape: [Int], _ data: Wire...
  ) {
    expectError(code, part) { () throws(InfoldError) in
      try TensorFile(bytes: Onnx.tensor(type: type, shape, data).bytes)
    }
    expectError(code, "initializer \"w\"", part) { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.initializer("w", type: type, shape, data)]), operators: .standard)
    }
  }

  @Test func dataThatDoesNotFit() {
    expectTensorError("has 8 bytes of data, but the shape [3] of float32 needs 12", [3], Onnx.raw([1, 2]))
    expectTensorError(
      "has 2 entries in float_data, but the shape [3] of float32 needs 3", [3], .float(4, 1), .float(4, 1))
    expectTensorError("has 0 entries in float_data", [1])
    expectTensorError("needs 2", type: 14, [1], .float(4, 1))
    expectTensorError("needs 2", type: 22, [3], .packed(5, [1, 2, 3]))
    expectTensorError("needs 1", type: 8, [1])
    expectTensorError("int64_data contains data that does not belong", [1], .int(7, 1))
    expectTensorError("float_data contains data that does not belong", [1], Onnx.raw([1]), .float(4, 1))
    expectTensorError("must be in string_data", type: 8, [1], .bytes(9, [65]))
    expectTensorError("the element 2 is outside the range of bool", type: 9, [1], .bytes(9, [2]))
  }

  @Test func shapesAndTypes() {
    expectTensorError("negative", [-1], Onnx.raw([1]))
    expectTensorError("overflows", [1 << 32, 1 << 32], Onnx.raw([1]))
    expectTensorError("overflows", [1 << 62], Onnx.raw([1]))
    expectTensorError("has no element type", type: 0, [1], Onnx.raw([1]))
    expectTensorError("element type 29 is unknown", type: 29, [1], Onnx.raw([1]))
    expectTensorError("element type -1 is unknown", type: -1, [1], Onnx.raw([1]))
    expectTensorError("segments", code: .unsupported, [1], Onnx.raw([1]), .message(3, []))
    expectTensorError("data location 2 is unknown", [1], .int(14, 2))
  }

  @Test func stringTensors() {
    expectError(.unsupported, "strings") { () throws(InfoldError) in
      try TensorFile(bytes: Onnx.tensor(type: 8, [1], [.text(6, "a")]).bytes)
    }
  }

  @Test func sparseTensors() {
    func expect(_ part: String, _ fields: [Wire]) {
      expectError(.malformedData, "initializer \"z\"", part) { () throws(InfoldError) in
        try Model(bytes: Onnx.relu(more: [.message(15, fields)]), operators: .standard)
      }
    }
    let values = Wire.message(1, Onnx.tensor(name: "z", [2], [Onnx.raw([1, 2])]))
    let indices = Wire.message(2, Onnx.tensor(type: 7, [2], [.packed(7, [0, 5])]))
    expect("needs values and indices", [values])
    expect("negative size or overflows", [values, indices, .int(3, -1)])
    expect("negative size or overflows", [values, indices, .int(3, 1 << 62), .int(3, 4)])
    expect(
      "must have one dimension", [.message(1, Onnx.tensor(name: "z", [1, 1], [Onnx.raw([1])])), indices, .int(3, 9)])
    expect(
      "int64 [2] or [2, 1]", [values, .message(2, Onnx.tensor(type: 7, [3], [.packed(7, [0, 5, 6])])), .int(3, 9)])
    expect("int64 [2] or [2, 1]", [values, .message(2, Onnx.tensor(type: 6, [2], [.packed(5, [0, 5])])), .int(3, 9)])
  }
}
