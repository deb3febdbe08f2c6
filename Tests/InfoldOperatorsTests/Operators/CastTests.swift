import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct CastTests {
  private func cast(
    _ x: Tensor, to type: ElementType, opset: Int = 13, precision: EvaluationContext.Precision = .declared
  ) throws -> Tensor? {
    try evaluate("Cast", opset: opset, attributes: ["to": .int(Int64(type.rawValue))], [x], precision: precision)[0]
  }

  @Test(
    arguments: [
      ("FLOAT", .float32), ("DOUBLE", .float64), ("FLOAT16", .float16), ("INT8", .int8), ("INT16", .int16),
      ("INT32", .int32), ("INT64", .int64), ("UINT8", .uint8), ("UINT16", .uint16), ("UINT32", .uint32),
      ("UINT64", .uint64), ("BOOL", .bool),
    ] as [(String, ElementType)]) func takesANameInOpsetOne(name: String, type: ElementType) throws
  {
    let y = try evaluate("Cast", opset: 1, attributes: ["to": .string(Array(name.utf8))], [Tensor.counting([2])])
    #expect(y[0]?.elementType == type)
  }

  @Test(arguments: [6, 9, 13, 19, 21, 23, 24, 25, 28]) func takesANumberSinceOpsetSix(opset: Int) throws {
    #expect(try cast(.list(-1, 300), to: .uint8, opset: opset) == Tensor(shape: [2], [255, 44] as [UInt8]))
  }

  @Test func readsWhatSaysOnlyHowFloat8IsMade() throws {
    let y = try evaluate(
      "Cast", opset: 24,
      attributes: ["to": .int(7), "saturate": .int(0), "round_mode": .string(Array("nearest".utf8))],
      [.counting([2])])
    #expect(y[0] == (try .list(0, 1)))
  }

  @Test(arguments: ElementTypeSet.all.types, ElementTypeSet.all.types)
  func castsEveryTypeToEvery(source: ElementType, target: ElementType) throws {
    let x = try cast(Tensor(shape: [3], [0, 1, 1] as [UInt8]), to: source)!
    let y = try cast(x, to: target)!
    #expect(y.elementType == target)
    #expect(try cast(y, to: .uint8) == Tensor(shape: [3], [0, 1, 1] as [UInt8]))
  }

  @Test func roundsFloatsTowardZeroAndSaturates() throws {
    let x = try Tensor(shape: [8], [1.9, -1.9, 300, -300, .nan, .infinity, -.infinity, 1e30])
    #expect(try cast(x, to: .int8) == Tensor(shape: [8], [1, -1, 127, -128, 0, 127, -128, 127] as [Int8]))
    #expect(try cast(x, to: .uint8) == Tensor(shape: [8], [1, 0, 255, 0, 0, 255, 0, 255] as [UInt8]))
    #expect(
      try cast(x, to: .int64) == Tensor(shape: [8], [1, -1, 300, -300, 0, .max, .min, .max] as [Int64]))
    #expect(try cast(x, to: .uint64) == Tensor(shape: [8], [1, 0, 300, 0, 0, .max, 0, .max] as [UInt64]))
    #expect(try cast(x, to: .bool) == Tensor(shape: [8], Array(repeating: true, count: 8)))
    #expect(try cast(Tensor(shape: [2], [0.0, -0.0]), to: .bool) == Tensor(shape: [2], [false, false]))
  }

  @Test func roundsToNearestEven() throws {
    let x = try Tensor(shape: [4], [2049, 2051, 65519, 65520] as [Int32])
    #expect(try cast(x, to: .float16) == Tensor(shape: [4], [2048, 2052, 65504, .infinity] as [Float16]))
    let y = try Tensor(shape: [2], [16_777_217, 16_777_219] as [Int64])
    #expect(try cast(y, to: .float32) == Tensor(shape: [2], [16_777_216, 16_777_220] as [Float]))
    let tie = Int64(1) << 62 | Int64(1) << 54
    let z = try Tensor(shape: [4], [tie, tie + 1, -tie - 1, tie - 1])
    let bits = try cast(z, to: .bfloat16)?.elements(as: BFloat16.self).map(\.bitPattern)
    #expect(bits == [0x5E80, 0x5E81, 0xDE81, 0x5E80])
    #expect(try cast(Tensor(scalar: UInt64.max), to: .bfloat16)?.elements(as: BFloat16.self)[0].bitPattern == 0x5F80)
    #expect(try cast(Tensor(scalar: 1e300), to: .float32) == Tensor(scalar: Float.infinity))
  }

  @Test func doesNotRoundUnderDoublePrecision() throws {
    let third = 1.0 / 3
    #expect(try cast(Tensor(scalar: third), to: .float16, precision: .double) == Tensor(scalar: third))
    #expect(
      try cast(Tensor(scalar: Int64(16_777_217)), to: .float32, precision: .double) == Tensor(scalar: 16_777_217.0))
    #expect(try cast(Tensor(scalar: third), to: .int32, precision: .double) == Tensor(scalar: Int32(0)))
  }

  @Test func keepsTheShape() throws {
    let y = try infer("Cast", opset: 13, attributes: ["to": .int(1)], [TensorType(.int64, ["N", 3])])
    #expect(y == [TensorType(.float32, ["N", 3])])
    #expect(try cast(.counting([2, 0]), to: .int8)?.shape == [2, 0])
  }

  @Test(
    arguments: [
      (13, .int(8), .unsupported), (19, .int(17), .unsupported), (21, .int(20), .unsupported),
      (13, .int(99), .invalidModel),
      (13, .int(.max), .invalidModel), (13, .int(0), .invalidModel), (6, .string([70]), .invalidModel),
      (1, .int(1), .invalidModel), (1, .string([70]), .invalidModel), (1, .string(Array("STRING".utf8)), .unsupported),
      (13, nil, .invalidModel), (1, nil, .invalidModel),
    ] as [(Int, Attribute?, InfoldError.Code)])
  func refuses(opset: Int, to: Attribute?, code: InfoldError.Code) throws {
    var attributes: AttributeList = [:]
    attributes["to"] = to
    #expect(try errorCode { _ = try evaluate("Cast", opset: opset, attributes: attributes, [.counting([1])]) } == code)
  }

  @Test func refusesAnUnknownRoundMode() throws {
    let attributes: AttributeList = ["to": .int(1), "round_mode": .string([65])]
    let code = try errorCode { _ = try evaluate("Cast", opset: 24, attributes: attributes, [.counting([1])]) }
    #expect(code == .invalidModel)
  }
}
