import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct TransposeTests {
  @Test(
    arguments: [
      (1, nil, [4, 3, 2], [0, 12, 4, 16, 8, 20]), (13, [0, 2, 1], [2, 4, 3], [0, 4, 8, 1, 5, 9]),
      (21, [1, 0, 2], [3, 2, 4], [0, 1, 2, 3, 12, 13]), (23, [2, 0, 1], [4, 2, 3], [0, 4, 8, 12, 16, 20]),
      (24, [0, 1, 2], [2, 3, 4], [0, 1, 2, 3, 4, 5]), (25, [1, 2, 0], [3, 4, 2], [0, 12, 1, 13, 2, 14]),
    ] as [(Int, [Int64]?, [Int], [Float])])
  func reordersTheAxes(opset: Int, perm: [Int64]?, shape: [Int], first: [Float]) throws {
    let y = try evaluate(
      "Transpose", opset: opset, attributes: perm.map { ["perm": .ints($0)] } ?? [:], [.counting([2, 3, 4])])
    #expect(y[0]?.shape == shape)
    #expect(try y[0]?.elements(as: Float.self).prefix(6) == first[...])
  }

  @Test func movesEveryWidth() throws {
    func transposed<Element: TensorElement>(_ a: Element, _ b: Element, _ c: Element) throws {
      let y = try evaluate("Transpose", opset: 13, [Tensor(shape: [2, 3], [a, b, c, c, b, b])])
      #expect(y[0] == (try Tensor(shape: [3, 2], [a, c, b, b, c, b])))
    }
    try transposed(true, false, true)
    try transposed(1 as Int8, 2, 3)
    try transposed(1 as Float16, 2, 3)
    try transposed(1 as UInt32, 2, 3)
    try transposed(1.0, 2, 3)
  }

  @Test func acceptsEmptyTensorsScalarsAndManyAxesOfOne() throws {
    #expect(try evaluate("Transpose", opset: 13, [.counting([2, 0, 3])])[0]?.shape == [3, 0, 2])
    #expect(try evaluate("Transpose", opset: 13, [.counting([])])[0] == .counting([]))
    let deep = try Tensor.counting([2] + Array(repeating: 1, count: 62) + [3])
    let y = try evaluate("Transpose", opset: 13, [deep])[0]
    #expect(try y?.elements(as: Float.self) == [0, 3, 1, 4, 2, 5])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Transpose", opset: 13, attributes: ["perm": .ints([0, 2, 3, 1])], [TensorType(.float32, ["N", 3, "H", "W"])])
    #expect(y == [TensorType(.float32, ["N", "H", "W", 3])])
    #expect(try infer("Transpose", opset: 13, [TensorType(.float32, nil)])[0].shape == nil)
  }

  @Test(arguments: [[0], [0, 0], [0, 2], [-1, 0], [0, 1, 2]] as [[Int64]])
  func refusesWhatIsNoPermutation(perm: [Int64]) throws {
    let code = try errorCode {
      _ = try evaluate("Transpose", opset: 13, attributes: ["perm": .ints(perm)], [.counting([2, 3])])
    }
    #expect(code == .invalidModel)
  }
}
