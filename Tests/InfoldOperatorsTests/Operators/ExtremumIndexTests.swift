import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// ArgMax and ArgMin.
@Suite struct ExtremumIndexTests {
  private func x() throws -> Tensor { try Tensor(shape: [2, 3], [1, 7, 7, 4, 0, 0] as [Float]) }

  @Test(arguments: [1, 11, 12, 13]) func findsTheFirst(opset: Int) throws {
    #expect(try evaluate("ArgMax", opset: opset, [x()])[0] == Tensor(shape: [1, 3], [1, 0, 0] as [Int64]))
    #expect(try evaluate("ArgMin", opset: opset, [x()])[0] == Tensor(shape: [1, 3], [0, 1, 1] as [Int64]))
    let attributes: AttributeList = ["axis": .int(-1), "keepdims": .int(0)]
    #expect(try evaluate("ArgMax", opset: opset, attributes: attributes, [x()])[0] == .list(1, 0))
    #expect(try evaluate("ArgMin", opset: opset, attributes: attributes, [x()])[0] == .list(0, 1))
  }

  @Test(arguments: [12, 13]) func findsTheLast(opset: Int) throws {
    let attributes: AttributeList = ["axis": .int(1), "keepdims": .int(0), "select_last_index": .int(1)]
    #expect(try evaluate("ArgMax", opset: opset, attributes: attributes, [x()])[0] == .list(2, 0))
    #expect(try evaluate("ArgMin", opset: opset, attributes: attributes, [x()])[0] == .list(0, 2))
    #expect(try errorCode { _ = try evaluate("ArgMax", opset: 11, attributes: attributes, [x()]) } == .invalidModel)
  }

  @Test func searchesInnerAxesOfIntegers() throws {
    let x = try Tensor(shape: [1, 2, 2], [3, 200, 9, 100] as [UInt8])
    let y = try evaluate("ArgMax", opset: 13, attributes: ["axis": .int(1)], [x])
    #expect(try y[0] == Tensor(shape: [1, 1, 2], [1, 0] as [Int64]))
  }

  @Test(arguments: ["ArgMax", "ArgMin"]) func findsNaN(name: String) throws {
    for last in [0, 1] as [Int64] {
      let attributes: AttributeList = ["keepdims": .int(0), "select_last_index": .int(last)]
      let y = try evaluate(
        name, opset: 13, attributes: attributes, [Tensor(shape: [4], [1, .nan, .nan, 9] as [Double])])
      #expect(try y[0] == Tensor(scalar: Int64(1)))
    }
  }

  @Test func infersTheShape() throws {
    let x = TensorType(.float16, ["N", 3, "H"])
    #expect(try infer("ArgMax", opset: 13, attributes: ["axis": .int(1)], [x]) == [TensorType(.int64, ["N", 1, "H"])])
    #expect(
      try infer("ArgMax", opset: 13, attributes: ["axis": .int(-2), "keepdims": .int(0)], [x])
        == [TensorType(.int64, ["N", "H"])])
    #expect(try infer("ArgMax", opset: 13, [TensorType(.float16, nil)]) == [TensorType(.int64, nil)])
  }

  @Test func refusesWhatHasNoExtremum() throws {
    #expect(try evaluate("ArgMin", opset: 13, [Tensor(zeros: [2, 0], of: .float32)])[0]?.shape == [1, 0])
    #expect(
      try errorCode { _ = try evaluate("ArgMin", opset: 13, [Tensor(zeros: [0, 2], of: .int8)]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("ArgMin", opset: 13, [Tensor(scalar: Float(1))]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("ArgMin", opset: 13, [Tensor(shape: [1], [true])]) } == .unsupported)
    #expect(
      try errorCode { _ = try evaluate("ArgMin", opset: 13, attributes: ["axis": .int(.min)], [x()]) } == .invalidModel)
  }
}
