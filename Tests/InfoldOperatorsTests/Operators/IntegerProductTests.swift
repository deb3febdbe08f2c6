import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// ConvInteger, MatMulInteger, QLinearConv and QLinearMatMul.
@Suite struct IntegerProductTests {
  @Test func multipliesSignedAndUnsigned() throws {
    let a = try Tensor(shape: [1, 2], [255, 0] as [UInt8]), b = try Tensor(shape: [2, 1], [-128, 5] as [Int8])
    #expect(try evaluate("MatMulInteger", opset: 10, [a, b])[0] == Tensor(shape: [1, 1], [-32640] as [Int32]))
    let y = try evaluate(
      "MatMulInteger", opset: 10, [a, b, Tensor(scalar: UInt8(1)), Tensor(shape: [1], [-8 as Int8])])
    #expect(y[0] == (try Tensor(shape: [1, 1], [254 * -120 - 13] as [Int32])))
    let vectors = try evaluate(
      "MatMulInteger", opset: 10, [Tensor(shape: [2], [2, 3] as [UInt8]), Tensor(shape: [2], [4, 5] as [UInt8])])
    #expect(vectors[0] == (try Tensor(scalar: 23 as Int32)))
  }

  @Test func takesZeroPointsByRowAndColumn() throws {
    let a = try Tensor(shape: [2, 2], [1, 1, 2, 2] as [UInt8]), b = try Tensor(shape: [2, 2], [1, 2, 1, 2] as [UInt8])
    let y = try evaluate(
      "MatMulInteger", opset: 10,
      [a, b, Tensor(shape: [2, 1], [0, 1] as [UInt8]), Tensor(shape: [2], [1, 0] as [UInt8])])
    #expect(y[0] == (try Tensor(shape: [2, 2], [0, 4, 0, 4] as [Int32])))
  }

  @Test func refusesParametersThatDoNotFit() throws {
    func code(_ aZero: Shape, _ bZero: Shape) throws -> InfoldError.Code? {
      try errorCode {
        _ = try infer(
          "MatMulInteger", opset: 10,
          [[2, 3], [3, 4], aZero, bZero].map { (shape: Shape) in TensorType(.uint8, shape) })
      }
    }
    #expect(try code([2], [4]) == nil)
    #expect(try code([], [1]) == nil)
    #expect(try code(["M"], [1, 4]) == nil)
    #expect(try code([3], []) == .invalidModel)
    #expect(try code([], [3]) == .invalidModel)
    #expect(try code([1, 2, 1], []) == .invalidModel)
    let mixed = try errorCode {
      _ = try infer(
        "MatMulInteger", opset: 10, [TensorType(.uint8, [2, 3]), TensorType(.int8, [3, 4]), TensorType(.int8, [])])
    }
    #expect(mixed == .invalidModel)
  }

  @Test func takesPaddingForTheZeroPoint() throws {
    let x = try Tensor(shape: [1, 1, 2], [5, 6] as [UInt8]),
      weight = try Tensor(shape: [1, 1, 3], [1, 1, 1] as [Int8])
    let y = try evaluate(
      "ConvInteger", opset: 10, attributes: ["pads": .ints([1, 1])], [x, weight, Tensor(scalar: UInt8(5))])
    #expect(y[0] == (try Tensor(shape: [1, 1, 2], [1, 1] as [Int32])))
    let code = try errorCode {
      _ = try evaluate(
        "ConvInteger", opset: 10, [x, weight, Tensor(scalar: UInt8(5)), Tensor(shape: [2], [1, 2] as [Int8])])
    }
    #expect(code == .invalidModel)
  }

  @Test func boundsAndRoundsTheResult() throws {
    func product(_ a: [UInt8], scale: Float, zeroPoint: Int8) throws -> Tensor? {
      try evaluate(
        "QLinearMatMul", opset: 21,
        [
          Tensor(shape: [a.count, 1], a), Tensor(scalar: Float(1)), Tensor(scalar: UInt8(0)),
          Tensor(shape: [1, 1], [1 as UInt8]), Tensor(scalar: Float(1)), Tensor(scalar: UInt8(0)),
          Tensor(scalar: scale), Tensor(scalar: zeroPoint),
        ])[0]
    }
    #expect(try product([1, 3, 255], scale: 2, zeroPoint: 1) == Tensor(shape: [3, 1], [1, 3, 127] as [Int8]))
  }

  @Test func infersTheTypeOfTheZeroPoint() throws {
    let byte = TensorType(.uint8, []), scale = TensorType(.float32, [])
    let types = [
      TensorType(.uint8, ["N", 3, 4, 4]), scale, byte, TensorType(.int8, [8, 3, 3, 3]), TensorType(.float32, [8]),
      TensorType(.int8, [8]), scale, TensorType(.int8, []), TensorType(.int32, [8]),
    ]
    #expect(try infer("QLinearConv", opset: 10, types) == [TensorType(.int8, ["N", 8, 2, 2])])
    var wrong = types
    wrong[8] = TensorType(.int32, [7])
    #expect(try errorCode { _ = try infer("QLinearConv", opset: 10, wrong) } == .invalidModel)
    wrong = types
    wrong[4] = TensorType(.float32, [3])
    #expect(try errorCode { _ = try infer("QLinearConv", opset: 10, wrong) } == .invalidModel)
    wrong = types
    wrong[6] = TensorType(.float32, [2])
    #expect(try errorCode { _ = try infer("QLinearConv", opset: 10, wrong) } == .invalidModel)
  }
}
