import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// IsInf, IsNaN and other operators whose results depend on the kind of a number.
@Suite struct KindTests {
  @Test(arguments: ElementTypeSet.floatingPoint.types) func findsInfinityAndNaN(type: ElementType) throws {
    let x = try Numbers(type: type, shape: [4], values: [-.infinity, 1, .infinity, .nan]).tensor()
    #expect(try evaluate("IsInf", opset: 20, [x])[0] == Tensor(shape: [4], [true, false, true, false]))
    #expect(try evaluate("IsNaN", opset: 20, [x])[0] == Tensor(shape: [4], [false, false, false, true]))
    #expect(try evaluate("IsNaN", opset: 20, [Tensor(zeros: [0], of: type)])[0] == Tensor(zeros: [0], of: .bool))
  }

  @Test func shrinksNumbersOfEveryKind() throws {
    let attributes: AttributeList = ["lambd": .float(1.5), "bias": .float(1.5)]
    let signed = try evaluate(
      "Shrink", opset: 9, attributes: attributes, [Tensor(shape: [4], [-4, -1, 2, 5] as [Int8])])
    #expect(signed[0] == (try Tensor(shape: [4], [-2, 0, 0, 3] as [Int8])))
    let bounded = try evaluate(
      "Shrink", opset: 9, attributes: ["bias": .float(1000)], [Tensor(shape: [2], [4, 255] as [UInt8])])
    #expect(bounded[0] == (try Tensor(shape: [2], [0, 0] as [UInt8])))
    #expect(try evaluate("Shrink", opset: 9, [Tensor(scalar: Float.nan)])[0] == Tensor(scalar: Float(0)))
  }

  @Test func cutsBelowAThreshold() throws {
    let x = try Tensor(shape: [4], [-1, 1, 1.5, .nan] as [Float])
    #expect(try evaluate("ThresholdedRelu", opset: 22, [x])[0] == Tensor(shape: [4], [0, 0, 1.5, 0] as [Float]))
  }

  @Test func findsTheFirstMaximum() throws {
    let x = try Tensor(shape: [2, 3], [1, 3, 3, .nan, 5, .nan] as [Float])
    #expect(try evaluate("Hardmax", opset: 13, [x])[0] == Tensor(shape: [2, 3], [0, 1, 0, 1, 0, 0] as [Float]))
    #expect(try evaluate("Hardmax", opset: 13, [Tensor(zeros: [2, 0], of: .float64)])[0]?.shape == [2, 0])
    #expect(
      try errorCode {
        _ = try infer("Hardmax", opset: 13, attributes: ["axis": .int(2)], [TensorType(.float32, [2, 3])])
      }
        == .invalidModel)
  }

  @Test func castsToTheTypeOfAnother() throws {
    let x = try Tensor(shape: [3], [-1.5, 300, .nan] as [Float])
    let y = try evaluate("CastLike", opset: 25, [x, Tensor(zeros: [0], of: .uint8)])
    #expect(y[0] == (try Tensor(shape: [3], [0, 255, 0] as [UInt8])))
    let error = try errorCode {
      _ = try evaluate("CastLike", opset: 25, attributes: ["round_mode": .text("sideways")], [x, x])
    }
    #expect(error == .invalidModel)
    #expect(
      try infer("CastLike", opset: 25, [TensorType(.int32, ["N", 2]), TensorType(.float16, nil)])
        == [TensorType(.float16, ["N", 2])])
  }

  @Test func addsExponentialsWithoutOverflow() throws {
    let x = try Tensor(shape: [2, 2], [1000, 1000, -.infinity, -.infinity] as [Float])
    let y = try evaluate("ReduceLogSumExp", opset: 28, [x, Tensor.list(1)])
    #expect(try y[0]?.elements(as: Float.self) == [Float(1000 + 0.69314718056), -.infinity])
    let infinite = try evaluate("ReduceLogSumExp", opset: 28, [Tensor(shape: [2], [1, .infinity] as [Double])])
    #expect(infinite[0] == (try Tensor(shape: [1], [Double.infinity])))
    let empty = try evaluate("ReduceLogSum", opset: 28, [Tensor(zeros: [0], of: .float32)])
    #expect(empty[0] == (try Tensor(shape: [1], [-Float.infinity])))
    #expect(
      try errorCode { _ = try infer("ReduceLogSum", opset: 28, [TensorType(.int32, [2])]) } == .unsupported)
    #expect(
      try evaluate("ReduceLogSumExp", opset: 18, [Tensor(shape: [2], [3, 3] as [Int32])])[0]
        == Tensor(shape: [1], [3] as [Int32]))
  }
}
