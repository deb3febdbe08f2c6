import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct GlobalPoolingTests {
  @Test(arguments: [1, 22]) func averages(opset: Int) throws {
    let y = try evaluate("GlobalAveragePool", opset: opset, [.counting([1, 2, 2, 3])])
    #expect(try y[0] == Tensor(shape: [1, 2, 1, 1], [2.5, 8.5] as [Float]))
    let half = try evaluate("GlobalAveragePool", opset: opset, [Tensor(shape: [1, 1, 3], [1, 2, 4] as [Float16])])
    #expect(try half[0] == Tensor(shape: [1, 1, 1], [Float16(7.0 / 3)]))
  }

  @Test(arguments: [1, 22]) func takesTheMaximum(opset: Int) throws {
    let x = try Tensor(
      shape: [2, 2, 3], [-3, -1, -2, 5, 6, 4, 0, .nan, 9, -.infinity, -.infinity, -.infinity] as [Double])
    let y = try #require(try evaluate("GlobalMaxPool", opset: opset, [x])[0])
    #expect(y.shape == [2, 2, 1])
    let values = try y.elements(as: Double.self)
    #expect(values[0] == -1 && values[1] == 6 && values[2].isNaN && values[3] == -.infinity)
  }

  @Test func definesWhatNothingGives() throws {
    let empty = try Tensor(zeros: [1, 1, 0], of: .float32)
    #expect(try evaluate("GlobalAveragePool", opset: 1, [empty])[0]?.elements(as: Float.self)[0].isNaN == true)
    #expect(try evaluate("GlobalMaxPool", opset: 1, [empty])[0]?.elements(as: Float.self) == [-.infinity])
    #expect(try evaluate("GlobalMaxPool", opset: 1, [Tensor(zeros: [0, 1, 2], of: .float32)])[0]?.shape == [0, 1, 1])
  }

  @Test(arguments: ["GlobalAveragePool", "GlobalMaxPool"]) func keepsSymbolsAndRefusesMatrices(opType: String) throws {
    #expect(try infer(opType, opset: 1, [TensorType(.float32, ["N", "C", "H", 7])])[0].shape == ["N", "C", 1, 1])
    #expect(try infer(opType, opset: 1, [TensorType(.float32, nil)])[0].shape == nil)
    #expect(try errorCode { _ = try evaluate(opType, opset: 1, [.counting([2, 3])]) } == .invalidModel)
    #expect(
      try errorCode { _ = try evaluate(opType, opset: 1, [Tensor(zeros: [1, 1, 1], of: .int64)]) } == .unsupported)
  }
}
