import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Triangles, diagonals, cumulative sums and determinants.
@Suite struct MatrixShapeTests {
  @Test(
    arguments: [
      (1, 0, [1, 2, 3, 0, 5, 6]), (1, 1, [0, 2, 3, 0, 0, 6]), (1, -1, [1, 2, 3, 4, 5, 6]), (1, 9, [0, 0, 0, 0, 0, 0]),
      (0, 0, [1, 0, 0, 4, 5, 0]), (0, -1, [0, 0, 0, 4, 0, 0]), (0, Int64.min, [0, 0, 0, 0, 0, 0]),
      (0, Int64.max, [1, 2, 3, 4, 5, 6]),
    ] as [(Int64, Int64, [Int32])])
  func keepsATriangle(upper: Int64, k: Int64, expected: [Int32]) throws {
    let x = try Tensor(shape: [2, 2, 3], (Array(1...6) + Array(1...6)).map(Int32.init))
    let y = try evaluate("Trilu", opset: 14, attributes: ["upper": .int(upper)], [x, Tensor(scalar: k)])
    #expect(y[0] == (try Tensor(shape: [2, 2, 3], expected + expected)))
  }

  @Test func refusesWhatIsNoMatrix() throws {
    #expect(try errorCode { _ = try infer("Trilu", opset: 14, [TensorType(.float32, [3])]) } == .invalidModel)
    #expect(try errorCode { _ = try infer("EyeLike", opset: 22, [TensorType(.float32, [3])]) } == .invalidModel)
    #expect(try errorCode { _ = try infer("Det", opset: 22, [TensorType(.float32, [2, 3])]) } == .invalidModel)
    #expect(try errorCode { _ = try infer("Det", opset: 22, [TensorType(.float32, [3])]) } == .invalidModel)
    #expect(
      try errorCode { _ = try infer("Trilu", opset: 14, [TensorType(.float32, [3, 3]), TensorType(.int64, [2])]) }
        == .invalidModel)
  }

  @Test(arguments: [0, 2, -1, 3, .max, .min] as [Int64]) func fillsADiagonal(k: Int64) throws {
    let y = try evaluate("EyeLike", opset: 22, attributes: ["k": .int(k)], [Tensor(zeros: [2, 3], of: .bool)])
    let expected = (0..<6).map { index in k == Int64(index % 3 - index / 3) }
    #expect(y[0] == (try Tensor(shape: [2, 3], expected)))
  }

  @Test func refusesADiagonalOfStrings() throws {
    for (type, code) in [(8, InfoldError.Code.unsupported), (99, .invalidModel), (0, .invalidModel)] {
      let result = try errorCode {
        _ = try evaluate(
          "EyeLike", opset: 22, attributes: ["dtype": .int(Int64(type))], [Tensor(zeros: [2, 2], of: .float32)])
      }
      #expect(result == code)
    }
  }

  @Test(
    arguments: [
      (0, 0, [1, 3, 6, 4, 9, 15]), (1, 0, [0, 1, 3, 0, 4, 9]), (0, 1, [6, 5, 3, 15, 11, 6]),
      (1, 1, [5, 3, 0, 11, 6, 0]),
    ] as [(Int64, Int64, [Double])])
  func addsUp(exclusive: Int64, reverse: Int64, expected: [Double]) throws {
    for type in [ElementType.int32, .uint64, .float16, .float64] {
      let x = Numbers(type: type, shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
      let y = try evaluate(
        "CumSum", opset: 14, attributes: ["exclusive": .int(exclusive), "reverse": .int(reverse)],
        [x.tensor(), Tensor(scalar: Int32(1))])
      #expect(try Numbers(type: type, shape: [2, 3], values: expected).difference(from: y[0]) == nil)
    }
  }

  @Test func addsUpAlongAnyAxisAndWrapsAround() throws {
    let x = try Tensor(shape: [3, 1], [Int32.max, 1, 1])
    let y = try evaluate("CumSum", opset: 14, [x, Tensor.list(-2)])
    #expect(y[0] == (try Tensor(shape: [3, 1], [Int32.max, .min, .min + 1])))
    #expect(try evaluate("CumSum", opset: 14, [Tensor.counting([2, 0]), Tensor.list(0)])[0]?.shape == [2, 0])
    #expect(try errorCode { _ = try evaluate("CumSum", opset: 14, [x, Tensor.list(2)]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("CumSum", opset: 14, [x, Tensor.list(0, 1)]) } == .invalidModel)
  }

  @Test func givesDeterminants() throws {
    let x = try Tensor(shape: [3, 3], [0, 2, 1, 1, 1, 0, 3, 0, 5] as [Float])
    #expect(try evaluate("Det", opset: 22, [x])[0] == Tensor(scalar: Float(-13)))
    let singular = try Tensor(shape: [1, 2, 2], [1, 2, 2, 4] as [Double])
    #expect(try evaluate("Det", opset: 22, [singular])[0]?.elements(as: Double.self) == [0])
    #expect(
      try evaluate("Det", opset: 22, [Tensor(zeros: [2, 0, 0], of: .float32)])[0]
        == Tensor(shape: [2], [1, 1] as [Float]))
    #expect(try infer("Det", opset: 22, [TensorType(.float16, ["N", 3, "M"])]) == [TensorType(.float16, ["N"])])
  }
}
