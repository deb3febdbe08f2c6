import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct SplitTests {
  private func widths(_ outputs: [Tensor?]) -> [Int?] { outputs.map { $0?.shape.last } }

  @Test(arguments: [1, 2, 11]) func takesSizesFromAnAttribute(opset: Int) throws {
    let y = try evaluate(
      "Split", opset: opset, attributes: ["axis": .int(1), "split": .ints([1, 0, 2])], [.counting([2, 3])], outputs: 3)
    #expect(y[0] == (try Tensor(shape: [2, 1], [0, 3] as [Float])))
    #expect(y[1]?.shape == [2, 0])
    #expect(y[2] == (try Tensor(shape: [2, 2], [1, 2, 4, 5] as [Float])))
  }

  @Test func takesSizesFromAnInput() throws {
    let y = try evaluate("Split", opset: 1, [.counting([3]), Tensor(shape: [2], [1, 2] as [Float])], outputs: 2)
    #expect(widths(y) == [1, 2])
    let integers = try Tensor.list(1, 2, 3)
    #expect(try errorCode { _ = try evaluate("Split", opset: 1, [integers, .list(1, 2)], outputs: 2) } == .unsupported)
    for opset in [13, 18] {
      let y = try evaluate(
        "Split", opset: opset, attributes: ["axis": .int(-1)], [.counting([2, 3]), .list(2, 1)], outputs: 2)
      #expect(y[1] == (try Tensor(shape: [2, 1], [2, 5] as [Float])))
    }
  }

  @Test(arguments: [1, 2, 11, 13]) func dividesEvenly(opset: Int) throws {
    #expect(try widths(evaluate("Split", opset: opset, [.counting([6])], outputs: 3)) == [2, 2, 2])
    #expect(try errorCode { _ = try evaluate("Split", opset: opset, [.counting([7])], outputs: 3) } == .invalidModel)
  }

  @Test(arguments: [(7, 3, [3, 3, 1]), (6, 3, [2, 2, 2]), (5, 4, [2, 2, 1, 0]), (0, 2, [0, 0])])
  func dividesByNumberSinceOpset18(size: Int, count: Int, expected: [Int]) throws {
    let y = try evaluate(
      "Split", opset: 18, attributes: ["num_outputs": .int(Int64(count))], [.counting([size])], outputs: count)
    #expect(widths(y) == expected)
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float32, ["N", "C", 4])
    let y = try infer("Split", opset: 13, attributes: ["axis": .int(2)], [x], outputs: 2)
    #expect(y == Array(repeating: TensorType(.float32, ["N", "C", 2]), count: 2))
    let z = try infer(
      "Split", opset: 13, attributes: ["axis": .int(1)], [x, TensorType(.int64, [2])], constants: [1: .list(3, 5)],
      outputs: 2)
    #expect(z == [TensorType(.float32, ["N", 3, 4]), TensorType(.float32, ["N", 5, 4])])
    #expect(try infer("Split", opset: 13, [x], outputs: 2)[1].shape == [.unknown, "C", 4])
  }

  @Test(arguments: [[1, 1], [3], [4, -1], [.max, .max], [1, 1, 1]] as [[Int64]])
  func refusesSizesThatDoNotFit(split: [Int64]) throws {
    #expect(throws: InfoldError.self) {
      try evaluate("Split", opset: 13, [.counting([3]), Tensor(shape: [split.count], split)], outputs: 2)
    }
  }

  @Test func refusesContradictions() throws {
    func refused(_ attributes: AttributeList, _ inputs: [Tensor]) throws -> InfoldError.Code? {
      try errorCode { _ = try evaluate("Split", opset: 18, attributes: attributes, inputs, outputs: 2) }
    }
    let x = try Tensor.counting([4])
    #expect(try refused([:], [x]) == .invalidModel)
    #expect(try refused(["num_outputs": .int(2)], [x, .list(2, 2)]) == .invalidModel)
    #expect(try refused(["num_outputs": .int(3)], [x]) == .invalidModel)
    #expect(try refused(["num_outputs": .int(2), "axis": .int(1)], [x]) == .invalidModel)
  }
}
