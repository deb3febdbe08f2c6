import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Equal, Greater, GreaterOrEqual, Less and LessOrEqual; And, Or and Xor.
@Suite struct ComparisonTests {
  @Test(
    arguments: [
      ("Equal", [1, 7, 11, 13, 19], [false, true, false]), ("Greater", [1, 7, 9, 13], [false, false, true]),
      ("GreaterOrEqual", [12, 16], [false, true, true]), ("Less", [1, 7, 9, 13], [true, false, false]),
      ("LessOrEqual", [12, 16], [true, true, false]),
    ] as [(String, [Int], [Bool])])
  func comparesNumbers(name: String, opsets: [Int], result: [Bool]) throws {
    let expected = try Tensor(shape: [3], result)
    for opset in opsets {
      let floats = [
        try Tensor(shape: [3], [1, 2, 3] as [Float16]), try Tensor(shape: [3], [2, 2, 2] as [Float16]),
      ]
      #expect(try evaluate(name, opset: opset, floats)[0] == expected)
    }
    let large: [Int64] = [Int64.max - 1, Int64.max, .max]
    let integers = [try Tensor(shape: [3], large), try Tensor(shape: [3], [.max, .max, Int64.max - 1])]
    #expect(try evaluate(name, opset: 16, integers)[0] == expected)
    let nan = try Tensor(scalar: Double.nan)
    #expect(try evaluate(name, opset: 16, [nan, nan])[0] == Tensor(scalar: false))
  }

  @Test func comparesTruthValuesForEqualityOnly() throws {
    let a = try Tensor(shape: [2, 1], [true, false]), b = try Tensor(shape: [2], [true, false])
    #expect(try evaluate("Equal", opset: 13, [a, b])[0] == Tensor(shape: [2, 2], [true, false, false, true]))
    #expect(try errorCode { _ = try evaluate("Less", opset: 13, [a, b]) } == .unsupported)
  }

  @Test(
    arguments: [
      ("And", [false, false, false, true]), ("Or", [false, true, true, true]), ("Xor", [false, true, true, false]),
    ] as [(String, [Bool])])
  func combinesTruthValues(name: String, result: [Bool]) throws {
    let a = try Tensor(shape: [2, 2], [false, false, true, true]), b = try Tensor(shape: [2], [false, true])
    #expect(try evaluate(name, opset: 7, [a, b])[0] == Tensor(shape: [2, 2], result))
    #expect(
      try evaluate(name, opset: 1, attributes: ["broadcast": .int(1), "axis": .int(1)], [a, b])[0]
        == Tensor(shape: [2, 2], result))
    #expect(try errorCode { _ = try evaluate(name, opset: 1, [a, b]) } == .invalidModel)
    let number = try Tensor(scalar: UInt8(1))
    #expect(try errorCode { _ = try evaluate(name, opset: 7, [number, number]) } == .unsupported)
  }

  @Test func keepsSymbols() throws {
    let types = [TensorType(.float32, ["N", 3]), TensorType(.float32, [1, 3])]
    #expect(try infer("Less", opset: 13, types) == [TensorType(.bool, ["N", 3])])
    #expect(try infer("Less", opset: 13, [types[0], TensorType(.float32, nil)]) == [TensorType(.bool, nil)])
  }
}
