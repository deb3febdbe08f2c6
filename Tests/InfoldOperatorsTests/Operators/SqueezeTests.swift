import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct SqueezeTests {
  private func apply(_ opType: String, _ opset: Int, _ shape: [Int], axes: [Int64]?) throws -> [Int]? {
    guard opset >= 13 else {
      return try evaluate(
        opType, opset: opset, attributes: axes.map { ["axes": .ints($0)] } ?? [:], [.counting(shape)])[0]?.shape
    }
    let list = try axes.map { try Tensor(shape: [$0.count], $0) }
    return try evaluate(opType, opset: opset, [.counting(shape)] + (list.map { [$0] } ?? []))[0]?.shape
  }

  @Test(
    arguments: [
      (1, [0, 2], [3, 2]), (11, [-2], [1, 3, 2]), (13, [0], [3, 1, 2]), (21, [], [1, 3, 1, 2]), (23, [2, 0], [3, 2]),
      (24, [-4], [3, 1, 2]), (25, nil, [3, 2]), (1, nil, [3, 2]),
    ] as [(Int, [Int64]?, [Int])]) func squeezes(opset: Int, axes: [Int64]?, shape: [Int]) throws
  {
    #expect(try apply("Squeeze", opset, [1, 3, 1, 2], axes: axes) == shape)
  }

  @Test(
    arguments: [
      (1, [0, 4], [1, 2, 3, 4, 1]), (11, [-1], [2, 3, 4, 1]), (13, [2, 0], [1, 2, 1, 3, 4]), (21, [], [2, 3, 4]),
      (23, [-4], [1, 2, 3, 4]), (24, [1, 2, 3], [2, 1, 1, 1, 3, 4]), (25, [3], [2, 3, 4, 1]),
    ] as [(Int, [Int64], [Int])]) func unsqueezes(opset: Int, axes: [Int64], shape: [Int]) throws
  {
    #expect(try apply("Unsqueeze", opset, [2, 3, 4], axes: axes) == shape)
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float32, ["N", 1, "H"]), one = TensorType(.int64, [1])
    #expect(try infer("Squeeze", opset: 13, [x, one], constants: [1: .list(1)])[0].shape == ["N", "H"])
    #expect(try infer("Squeeze", opset: 13, [x, one], constants: [1: .list(0)])[0].shape == [1, "H"])
    #expect(try infer("Squeeze", opset: 13, [x, one])[0].shape == [.unknown, .unknown])
    #expect(try infer("Squeeze", opset: 13, [x])[0].shape == nil)
    #expect(try infer("Unsqueeze", opset: 13, [x, one], constants: [1: .list(1)])[0].shape == ["N", 1, 1, "H"])
    #expect(try infer("Unsqueeze", opset: 13, [x, one])[0].shape?.rank == 4)
    #expect(try infer("Unsqueeze", opset: 13, [x, TensorType(.int64, ["K"])])[0].shape == nil)
  }

  @Test(
    arguments: [
      ("Squeeze", 1, [-1]), ("Squeeze", 11, [1]), ("Squeeze", 13, [4]), ("Squeeze", 13, [0, -4]),
      ("Squeeze", 13, [.min]),
      ("Unsqueeze", 1, [-1]), ("Unsqueeze", 1, nil), ("Unsqueeze", 11, [5]), ("Unsqueeze", 13, [0, 0]),
      ("Unsqueeze", 13, [1, -5]), ("Unsqueeze", 13, [.max]),
    ] as [(String, Int, [Int64]?)]) func refuses(opType: String, opset: Int, axes: [Int64]?) throws
  {
    #expect(try errorCode { _ = try apply(opType, opset, [1, 3, 1, 2], axes: axes) } == .invalidModel)
  }

  @Test func refusesMoreAxesThanThereAre() throws {
    let types = [TensorType(.float32, [1]), TensorType(.int64, [2])]
    #expect(try errorCode { _ = try infer("Squeeze", opset: 13, types) } == .invalidModel)
  }
}
