import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ScatterNDTests {
  private func scatter(
    _ reduction: String?, opset: Int = 18, _ data: Tensor, _ indices: Tensor, _ updates: Tensor
  ) throws -> Tensor? {
    try evaluate(
      "ScatterND", opset: opset, attributes: reduction.map { ["reduction": .string(Array($0.utf8))] } ?? [:],
      [data, indices, updates])[0]
  }

  @Test(arguments: [11, 13, 16, 18]) func replacesSlices(opset: Int) throws {
    let y = try scatter(
      nil, opset: opset, .counting([3, 2]), Tensor(shape: [2, 1], [2, -3] as [Int64]),
      Tensor(shape: [2, 2], [10, 11, 12, 13] as [Float]))
    #expect(y == (try Tensor(shape: [3, 2], [12, 13, 2, 3, 10, 11] as [Float])))
  }

  @Test func replacesElementsOfAnyType() throws {
    let y = try scatter(
      "none", Tensor(shape: [2, 2], [true, true, true, true]), Tensor(shape: [1, 2], [1, -2] as [Int64]),
      Tensor(shape: [1], [false]))
    #expect(y == (try Tensor(shape: [2, 2], [true, true, false, true])))
  }

  @Test(
    arguments: [
      ("add", 16, [1, 7, 3]), ("mul", 16, [1, 12, 3]), ("max", 18, [1, 3, 3]), ("min", 18, [1, 2, 3]),
      ("none", 18, [1, 2, 3]),
    ] as [(String, Int, [Int8])]) func reduces(reduction: String, opset: Int, expected: [Int8]) throws
  {
    let indices = try Tensor(shape: [2, 1], [1, 1] as [Int64])
    let y = try scatter(
      reduction, opset: opset, Tensor(shape: [3], [1, 2, 3] as [Int8]), indices, Tensor(shape: [2], [3, 2] as [Int8]))
    #expect(y == (try Tensor(shape: [3], expected)))
    let floats = try scatter(
      reduction, opset: opset, Tensor(shape: [3], [1, 2, 3] as [Float16]), indices,
      Tensor(shape: [2], [3, 2] as [Float16]))
    #expect(floats == (try Tensor(shape: [3], expected.map { Float16($0) })))
  }

  @Test func wrapsIntegersAndKeepsNaN() throws {
    let index = try Tensor(shape: [1, 1], [0 as Int64])
    let sum = try scatter("add", Tensor(shape: [1], [Int8.max]), index, Tensor(shape: [1], [1 as Int8]))
    #expect(sum == (try Tensor(shape: [1], [Int8.min])))
    for (a, b) in [(Float.nan, 1), (1, Float.nan)] {
      let y = try scatter("max", Tensor(shape: [1], [a]), index, Tensor(shape: [1], [b]))
      #expect(try y?.elements(as: Float.self)[0].isNaN == true)
    }
  }

  @Test func acceptsEmptyTensors() throws {
    let x = try Tensor.counting([2])
    #expect(try scatter(nil, x, Tensor(shape: [0, 1], [Int64]()), .counting([0])) == x)
    #expect(try scatter("add", x, Tensor(shape: [1, 0], [Int64]()), .counting([1, 2])) == .counting([2]).doubled())
  }

  @Test func keepsSymbols() throws {
    let types = [TensorType(.float32, ["N", 3]), TensorType(.int64, ["K", 1]), TensorType(.float32, ["K", 3])]
    #expect(try infer("ScatterND", opset: 18, types) == [types[0]])
  }

  @Test(
    arguments: [
      ([2, 3], [1, 1], [2], [1, 3]), ([2, 3], [1, 3], [0, 0, 0], [1]), ([2, 3], [1, 1], [0], [1, 2]),
      ([2, 3], [1, 2], [0, -4], [1]), ([], [1, 0], [], [1]), ([2], [], [0], []), ([2], [1, 1], [.min], [1]),
    ] as [([Int], [Int], [Int64], [Int])])
  func refuses(data: [Int], indexShape: [Int], indices: [Int64], updates: [Int]) throws {
    let code = try errorCode {
      _ = try scatter(nil, .counting(data), Tensor(shape: indexShape, indices), .counting(updates))
    }
    #expect(code == .invalidModel)
  }

  @Test func refusesReductionsThatItDoesNotHave() throws {
    let x = try Tensor.counting([1]), index = try Tensor(shape: [1, 1], [0 as Int64])
    #expect(try errorCode { _ = try scatter("max", opset: 16, x, index, x) } == .invalidModel)
    #expect(try errorCode { _ = try scatter("none", opset: 13, x, index, x) } == .invalidModel)
    #expect(try errorCode { _ = try scatter("avg", x, index, x) } == .invalidModel)
    let bools = try Tensor(shape: [1], [true])
    #expect(try errorCode { _ = try scatter("add", bools, index, bools) } == .unsupported)
  }
}

extension Tensor {
  fileprivate func doubled() throws -> Tensor { try Tensor(shape: shape, elements(as: Float.self).map { $0 * 2 }) }
}
