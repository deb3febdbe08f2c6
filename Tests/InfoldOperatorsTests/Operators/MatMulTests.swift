import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct MatMulTests {
  private func product(_ a: Tensor, _ b: Tensor, opset: Int = 13) throws -> Tensor {
    try #require(try evaluate("MatMul", opset: opset, [a, b])[0])
  }

  @Test(arguments: [1, 9, 13]) func multipliesMatrices(opset: Int) throws {
    let y = try product(.counting([2, 3]), .counting([3, 2]), opset: opset)
    #expect(try y == Tensor(shape: [2, 2], [10, 13, 28, 40] as [Float]))
  }

  @Test(
    arguments: [
      ([3], [3], [], [5]), ([3], [3, 2], [2], [10, 13]), ([2, 3], [3], [2], [5, 14]),
      ([2, 1, 2], [2], [2, 1], [1, 3]),
      ([2, 2, 1], [1, 1, 2], [2, 2, 2], [0, 0, 0, 1, 0, 2, 0, 3]),
      ([1, 2], [3, 2, 1], [3, 1, 1], [1, 3, 5]),
      ([2, 1, 1, 2], [2, 2, 1], [2, 2, 1, 1], [1, 3, 3, 13]),
    ] as [([Int], [Int], [Int], [Float])])
  func broadcastsLikeNumPy(a: [Int], b: [Int], shape: [Int], expected: [Float]) throws {
    #expect(try product(.counting(a), .counting(b)) == Tensor(shape: shape, expected))
  }

  @Test func wrapsIntegersAround() throws {
    let a = try Tensor(shape: [1, 2], [Int32.max, 2] as [Int32]), b = try Tensor(shape: [2, 1], [2, 3] as [Int32])
    #expect(try product(a, b, opset: 9) == Tensor(shape: [1, 1], [4] as [Int32]))
    #expect(try errorCode { _ = try product(a, b, opset: 8) } == .unsupported)
    let unsigned = try Tensor(shape: [1], [3] as [UInt64])
    #expect(try product(unsigned, unsigned) == Tensor(scalar: UInt64(9)))
  }

  @Test func computesHalvesInFloat() throws {
    // 2048 + 1 is not a float16 number; the sum 2048 + 1 + 1 is.
    let a = try Tensor(shape: [3], [2048, 1, 1] as [Float16]), ones = try Tensor(shape: [3], [1, 1, 1] as [Float16])
    #expect(try product(a, ones) == Tensor(scalar: Float16(2050)))
  }

  @Test func acceptsEmptyMatrices() throws {
    #expect(try product(.counting([2, 0]), .counting([0, 2])) == Tensor(zeros: [2, 2], of: .float32))
    #expect(try product(.counting([0, 2]), .counting([2, 3])).shape == [0, 3])
    #expect(try product(.counting([0, 1, 2]), .counting([2, 3])).shape == [0, 1, 3])
  }

  @Test func keepsSymbols() throws {
    func shape(_ a: Shape?, _ b: Shape?) throws -> Shape? {
      try infer("MatMul", opset: 13, [TensorType(.float32, a), TensorType(.float32, b)])[0].shape
    }
    #expect(try shape(["N", 8], [8, 4]) == ["N", 4])
    #expect(try shape(["B", "H", "T", "K"], ["B", "H", "K", "T"]) == ["B", "H", "T", "T"])
    #expect(try shape(["B", 3], [3]) == ["B"])
    #expect(try shape(nil, [3]) == nil)
  }

  @Test(arguments: [([2, 3], [2, 3]), ([], [2]), ([2, 1, 2], [3, 2, 1])])
  func refusesShapesThatDoNotFit(a: [Int], b: [Int]) throws {
    #expect(try errorCode { _ = try product(.counting(a), .counting(b)) } == .invalidModel)
  }

  @Test func refusesMixedTypes() throws {
    #expect(try errorCode { _ = try product(.counting([2]), Tensor(zeros: [2], of: .float64)) } == .invalidModel)
    #expect(
      try errorCode { _ = try product(Tensor(zeros: [2], of: .int8), Tensor(zeros: [2], of: .int8)) } == .unsupported)
  }
}
