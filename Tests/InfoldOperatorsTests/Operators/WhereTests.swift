import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct WhereTests {
  @Test(arguments: [9, 16]) func choosesByTheCondition(opset: Int) throws {
    let condition = try Tensor(shape: [2, 1], [true, false])
    let x = try Tensor(shape: [2], [1, 2] as [Float]), y = try Tensor(scalar: Float(9))
    #expect(
      try evaluate("Where", opset: opset, [condition, x, y])[0] == Tensor(shape: [2, 2], [1, 2, 9, 9] as [Float]))
  }

  @Test func movesEveryElementType() throws {
    for type in ElementTypeSet.all.types {
      let inputs = [try Tensor(scalar: true), try Tensor(zeros: [2], of: type), try Tensor(zeros: [3, 1], of: type)]
      #expect(try evaluate("Where", opset: 16, inputs)[0] == Tensor(zeros: [3, 2], of: type))
    }
    let truths = [try Tensor(shape: [2], [true, false]), try Tensor(scalar: false), try Tensor(scalar: true)]
    #expect(try evaluate("Where", opset: 16, truths)[0] == Tensor(shape: [2], [false, true]))
    let wide = [try Tensor(shape: [2], [true, false]), try Tensor.list(.max), try Tensor.list(.min)]
    #expect(try evaluate("Where", opset: 16, wide)[0] == .list(.max, .min))
    let empty = [try Tensor(zeros: [0], of: .bool), try Tensor.list(1), try Tensor.list(2)]
    #expect(try evaluate("Where", opset: 16, empty)[0]?.shape == [0])
  }

  @Test func infersTheShapeFromAllThree() throws {
    let types = [TensorType(.bool, ["N", 1]), TensorType(.int8, [4]), TensorType(.int8, [])]
    #expect(try infer("Where", opset: 16, types) == [TensorType(.int8, ["N", 4])])
    #expect(try infer("Where", opset: 16, [TensorType(.bool, nil)] + types[1...]) == [TensorType(.int8, nil)])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let truth = try Tensor(scalar: true), number = try Tensor(scalar: Float(1))
    #expect(try errorCode { _ = try evaluate("Where", opset: 16, [number, number, number]) } == .unsupported)
    #expect(try errorCode { _ = try evaluate("Where", opset: 16, [truth, number, truth]) } == .invalidModel)
    #expect(
      try errorCode { _ = try evaluate("Where", opset: 16, [Tensor(zeros: [2], of: .bool), .list(1, 2, 3), .list(1)]) }
        == .invalidModel)
  }
}
