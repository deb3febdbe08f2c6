import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct TopKTests {
  private func x() throws -> Tensor { try Tensor(shape: [2, 4], [1, 5, 5, 3, 8, 6, 7, 6] as [Float]) }

  private func expect(_ outputs: [Tensor?], _ shape: [Int], _ values: [Float], _ indices: [Int64]) throws {
    #expect(try outputs[0] == Tensor(shape: shape, values))
    #expect(try outputs[1] == Tensor(shape: shape, indices))
  }

  @Test func takesKAsAnAttributeInOpset1() throws {
    let y = try evaluate("TopK", opset: 1, attributes: ["k": .int(3)], [x()], outputs: 2)
    try expect(y, [2, 3], [5, 5, 3, 8, 7, 6], [1, 2, 3, 0, 2, 1])
    #expect(try errorCode { _ = try evaluate("TopK", opset: 1, [x()], outputs: 2) } == .invalidModel)
  }

  @Test(arguments: [10, 11, 24]) func takesKAsAnInput(opset: Int) throws {
    let y = try evaluate("TopK", opset: opset, attributes: ["axis": .int(0)], [x(), .list(1)], outputs: 2)
    try expect(y, [1, 4], [8, 6, 7, 6], [1, 1, 1, 1])
    let all = try evaluate("TopK", opset: opset, [x(), .list(4)], outputs: 2)
    try expect(all, [2, 4], [5, 5, 3, 1, 8, 7, 6, 6], [1, 2, 3, 0, 0, 2, 1, 3])
  }

  @Test(arguments: [11, 24]) func findsTheLeast(opset: Int) throws {
    let attributes: AttributeList = ["largest": .int(0), "sorted": .int(0), "axis": .int(1)]
    let y = try evaluate("TopK", opset: opset, attributes: attributes, [x(), .list(2)], outputs: 2)
    try expect(y, [2, 2], [1, 3, 6, 6], [0, 3, 1, 3])
    let code = try errorCode {
      _ = try evaluate("TopK", opset: 10, attributes: attributes, [x(), .list(2)], outputs: 2)
    }
    #expect(code == .invalidModel)
  }

  @Test func ordersNaNAndInfinity() throws {
    let x = try Tensor(shape: [4], [1, .nan, .infinity, .nan] as [Float])
    #expect(try evaluate("TopK", opset: 11, [x, .list(4)], outputs: 2)[1] == .list(1, 3, 2, 0))
    #expect(
      try evaluate("TopK", opset: 11, attributes: ["largest": .int(0)], [x, .list(4)], outputs: 2)[1]
        == .list(0, 2, 1, 3))
  }

  @Test func ordersIntegersOfAnyWidth() throws {
    let x = try Tensor(shape: [3], [UInt64.max - 1, 0, .max])
    #expect(try evaluate("TopK", opset: 11, [x, .list(2)], outputs: 2)[1] == .list(2, 0))
  }

  @Test func givesNothingForZero() throws {
    #expect(try evaluate("TopK", opset: 11, [x(), .list(0)], outputs: 2).map { $0?.shape } == [[2, 0], [2, 0]])
    let empty = try Tensor(zeros: [0, 4], of: .float16)
    #expect(try evaluate("TopK", opset: 11, [empty, .list(3)], outputs: 2).map { $0?.shape } == [[0, 3], [0, 3]])
  }

  @Test func infersTheShape() throws {
    let x = TensorType(.float32, ["N", 3, "W"]), k = TensorType(.int64, [1])
    #expect(
      try infer("TopK", opset: 11, attributes: ["axis": .int(1)], [x, k], constants: [1: .list(2)], outputs: 2)
        == [TensorType(.float32, ["N", 2, "W"]), TensorType(.int64, ["N", 2, "W"])])
    #expect(try infer("TopK", opset: 11, [x, k], outputs: 2)[1] == TensorType(.int64, ["N", 3, .unknown]))
    #expect(try infer("TopK", opset: 11, [TensorType(.float32, nil), k], outputs: 2)[1] == TensorType(.int64, nil))
  }

  @Test func refusesAWrongK() throws {
    for k in try [Tensor.list(5), .list(-1), .list(1, 2), .list(), .list(.max), Tensor(scalar: Int64(1))] {
      #expect(try errorCode { _ = try evaluate("TopK", opset: 11, [x(), k], outputs: 2) } == .invalidModel)
    }
    let wrongAxis = try errorCode {
      _ = try evaluate("TopK", opset: 11, attributes: ["axis": .int(2)], [x(), .list(1)], outputs: 2)
    }
    #expect(wrongAxis == .invalidModel)
    #expect(try errorCode { _ = try evaluate("TopK", opset: 11, [x(), .list(1)], outputs: 1) } == .invalidModel)
  }
}
