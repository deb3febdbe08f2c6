import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ConstantOfShapeTests {
  @Test(arguments: [9, 20, 21, 23, 24, 25]) func fillsAShape(opset: Int) throws {
    let value = try Tensor(shape: [1], [7 as Int32])
    let y = try evaluate("ConstantOfShape", opset: opset, attributes: ["value": .tensor(value)], [.list(2, 2)])
    #expect(y[0] == (try Tensor(shape: [2, 2], [7, 7, 7, 7] as [Int32])))
  }

  @Test func fillsWithFloatZeros() throws {
    #expect(try evaluate("ConstantOfShape", opset: 9, [.list(3)])[0] == Tensor(shape: [3], [0, 0, 0] as [Float]))
    #expect(try evaluate("ConstantOfShape", opset: 9, [.list()])[0] == Tensor(scalar: Float(0)))
    #expect(try evaluate("ConstantOfShape", opset: 9, [.list(0, 5)])[0]?.shape == [0, 5])
  }

  @Test func knowsTheRank() throws {
    #expect(try infer("ConstantOfShape", opset: 9, [TensorType(.int64, [2])])[0].shape == [.unknown, .unknown])
    #expect(try infer("ConstantOfShape", opset: 9, [TensorType(.int64, nil)])[0].shape == nil)
  }

  @Test func refuses() throws {
    #expect(try errorCode { _ = try evaluate("ConstantOfShape", opset: 9, [.list(-1)]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("ConstantOfShape", opset: 9, [.list(.max, 4)]) } == .limitExceeded)
    #expect(try errorCode { _ = try evaluate("ConstantOfShape", opset: 9, [.counting([1])]) } == .unsupported)
    let two = try Tensor.list(1, 2)
    let code = try errorCode {
      _ = try evaluate("ConstantOfShape", opset: 9, attributes: ["value": .tensor(two)], [.list(1)])
    }
    #expect(code == .invalidModel)
  }
}
