import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct GemmTests {
  private func gemm(_ inputs: [Tensor?], opset: Int = 13, _ attributes: AttributeList = [:]) throws -> Tensor {
    try #require(try evaluate("Gemm", opset: opset, attributes: attributes, inputs)[0])
  }

  /// A · B is [[10, 13], [28, 40]], transposed or not.
  @Test(arguments: [1, 6, 7, 9, 11, 13], [(false, false), (false, true), (true, false), (true, true)])
  func multipliesAndAdds(opset: Int, transposed: (a: Bool, b: Bool)) throws {
    let a =
      transposed.a
      ? try Tensor(shape: [3, 2], [0, 3, 1, 4, 2, 5] as [Float]) : try Tensor.counting([2, 3])
    let b =
      transposed.b
      ? try Tensor(shape: [2, 3], [0, 2, 4, 1, 3, 5] as [Float]) : try Tensor.counting([3, 2])
    let y = try gemm(
      [a, b, .counting([2, 2])], opset: opset,
      [
        "alpha": .float(0.5), "beta": .float(2), "transA": .int(transposed.a ? 1 : 0),
        "transB": .int(transposed.b ? 1 : 0),
      ])
    #expect(try y == Tensor(shape: [2, 2], [5, 8.5, 18, 26] as [Float]))
  }

  @Test(
    arguments: [([], [7, 7, 7, 7]), ([2], [7, 8, 7, 8]), ([2, 1], [7, 7, 8, 8]), ([1, 1], [7, 7, 7, 7])]
      as [([Int], [Float])])
  func broadcastsC(shape: [Int], added: [Float]) throws {
    let c = try Tensor(shape: shape, (0..<shape.reduce(1, *)).map { Float($0 + 7) })
    let expected = try Tensor(shape: [2, 2], zip([10, 13, 28, 40], added).map { $0 + $1 })
    for opset in [7, 9, 11, 13] {
      #expect(try gemm([.counting([2, 3]), .counting([3, 2]), c], opset: opset) == expected)
    }
    for opset in [1, 6] {
      #expect(try gemm([.counting([2, 3]), .counting([3, 2]), c], opset: opset, ["broadcast": .int(1)]) == expected)
      #expect(
        try errorCode { _ = try gemm([.counting([2, 3]), .counting([3, 2]), c], opset: opset) } == .invalidModel)
    }
  }

  @Test func doesWithoutCSinceOpset11() throws {
    let a = try Tensor.counting([1, 2]), b = try Tensor.counting([2, 1])
    for opset in [11, 13] {
      #expect(try gemm([a, b], opset: opset, ["alpha": .float(3)]) == Tensor(shape: [1, 1], [3] as [Float]))
      #expect(try gemm([a, b, nil], opset: opset).elements(as: Float.self) == [1])
    }
    #expect(try errorCode { _ = try gemm([a, b], opset: 9) } == .invalidModel)
  }

  @Test func doesNotReadCWhenBetaIsZero() throws {
    let y = try gemm([.counting([1, 2]), .counting([2, 1]), Tensor(shape: [1], [Float.nan])], ["beta": .float(0)])
    #expect(try y.elements(as: Float.self) == [1])
  }

  @Test func computesIntegers() throws {
    let a = try Tensor(shape: [1, 2], [1 << 62, 3] as [Int64]), b = try Tensor(shape: [2, 1], [4, 5] as [Int64])
    #expect(try gemm([a, b, Tensor(scalar: Int64(1))]).elements(as: Int64.self) == [16])
    let small = try Tensor(shape: [1, 1], [5] as [UInt32])
    #expect(try gemm([small, small], ["alpha": .float(0.5)]).elements(as: UInt32.self) == [12])
    #expect(try gemm([small, small, small], ["beta": .float(-6)]).elements(as: UInt32.self) == [0])
    #expect(try gemm([small, small], ["alpha": .float(.infinity)]).elements(as: UInt32.self) == [.max])
    #expect(try gemm([small, small], ["alpha": .float(.nan)]).elements(as: UInt32.self) == [0])
    #expect(try errorCode { _ = try gemm([small, small, small], opset: 7) } == .unsupported)
  }

  @Test func acceptsEmptyMatrices() throws {
    let y = try gemm([.counting([2, 0]), .counting([0, 2]), Tensor(scalar: Float(3))])
    #expect(try y == Tensor(repeating: Float(3), shape: [2, 2]))
    #expect(try gemm([.counting([0, 2]), .counting([2, 1])]).shape == [0, 1])
  }

  @Test func keepsSymbols() throws {
    let bias = TensorType(.float32, [4])
    #expect(
      try infer("Gemm", opset: 13, [TensorType(.float32, ["N", 8]), TensorType(.float32, [8, 4]), bias])[0].shape
        == ["N", 4])
    #expect(
      try infer("Gemm", opset: 13, [TensorType(.float32, nil), TensorType(.float32, nil), bias])[0].shape
        == [.unknown, 4])
  }

  @Test(
    arguments: [
      ([2, 3], [2, 3], []), ([3], [3, 1], []), ([1, 3], [3, 1], [2, 1]), ([1, 3], [3, 1], [1, 1, 1]),
    ] as [([Int], [Int], [Int])])
  func refusesShapesThatDoNotFit(a: [Int], b: [Int], c: [Int]) throws {
    #expect(try errorCode { _ = try gemm([.counting(a), .counting(b), .counting(c)]) } == .invalidModel)
  }

  @Test func refusesMixedTypesAndBroadcastInLaterVersions() throws {
    let a = try Tensor.counting([1, 1])
    #expect(try errorCode { _ = try gemm([a, a, Tensor(scalar: Double(1))]) } == .invalidModel)
    #expect(try errorCode { _ = try gemm([a, a, a], opset: 7, ["broadcast": .int(1)]) } == .invalidModel)
  }
}
