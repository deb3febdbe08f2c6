import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReshapeTests {
  @Test func takesTheShapeFromAnAttributeInOpsetOne() throws {
    let x = try Tensor.counting([2, 3])
    #expect(
      try evaluate("Reshape", opset: 1, attributes: ["shape": .ints([-1, 2])], [x])[0] == x.reshaped(to: [3, 2]))
    #expect(try evaluate("Reshape", opset: 1, [.counting([1])])[0] == .counting([]))
  }

  @Test(
    arguments: [
      (5, [4, 3, 2], [4, 3, 2]), (13, [0, -1], [2, 12]), (14, [0, 0, 0], [2, 3, 4]), (19, [-1], [24]),
      (21, [2, 0, 1, -1], [2, 3, 1, 4]), (23, [3, -1, 4, 2], [3, 1, 4, 2]), (24, [24], [24]),
      (25, [1, -1, 1], [1, 24, 1]),
    ] as [(Int, [Int64], [Int])]) func reshapes(opset: Int, wanted: [Int64], shape: [Int]) throws
  {
    let x = try Tensor.counting([2, 3, 4])
    let y = try evaluate("Reshape", opset: opset, [x, Tensor(shape: [wanted.count], wanted)])
    #expect(y[0] == (try x.reshaped(to: shape)))
  }

  @Test func honoursZeroSizes() throws {
    let x = try Tensor.counting([0, 3, 4])
    #expect(
      try evaluate("Reshape", opset: 14, attributes: ["allowzero": .int(1)], [x, .list(3, 4, 0)])[0]?.shape == [
        3, 4, 0,
      ])
    #expect(try evaluate("Reshape", opset: 14, [x, .list(0, -1)])[0]?.shape == [0, 12])
    #expect(try evaluate("Reshape", opset: 14, [x, .list(-1, 12)])[0]?.shape == [0, 12])
    #expect(try evaluate("Reshape", opset: 5, [.counting([1]), .list()])[0]?.shape == [])
  }

  @Test(
    arguments: [
      (["N", 1280, 1, 1], [0, -1], ["N", 1280]), (["N", 1280, 1, 1], [-1, 1280], ["N", 1280]),
      (["N", 3, "H", "W"], [0, 0, -1], ["N", 3, .unknown]), (["N", 4, "L"], [0, 2, 2, -1], ["N", 2, 2, "L"]),
      ([.unknown, 6, 2], [0, -1], [.unknown, 12]), (["N", 6], [-1, 4], [.unknown, 4]), (["N", 0], [-1, 4], [0, 4]),
      (["N", "N"], [-1], [.unknown]),
    ] as [(Shape, [Int64], Shape)]) func keepsSymbols(x: Shape, wanted: [Int64], y: Shape) throws
  {
    let inferred = try infer(
      "Reshape", opset: 14, [TensorType(.float32, x), TensorType(.int64, [.fixed(wanted.count)])],
      constants: [1: Tensor(shape: [wanted.count], wanted)])
    #expect(inferred == [TensorType(.float32, y)])
  }

  @Test func knowsTheRankWithoutTheShape() throws {
    let y = try infer("Reshape", opset: 14, [TensorType(.float32, nil), TensorType(.int64, [2])])
    #expect(y == [TensorType(.float32, [.unknown, .unknown])])
    let z = try infer(
      "Reshape", opset: 14, [TensorType(.float32, nil), TensorType(.int64, [3])], constants: [1: .list(0, -1, 4)])
    #expect(z == [TensorType(.float32, [.unknown, .unknown, 4])])
    #expect(try infer("Reshape", opset: 14, [TensorType(.float32, [2]), TensorType(.int64, ["K"])])[0].shape == nil)
  }

  @Test(
    arguments: [
      [5, -1], [-1, -1], [2, -2], [2, 3, 4, 0], [7], [.max, .max], [0, 0, 0, -1, 5], [.min], [0, 0, 5],
    ] as [[Int64]]) func refusesShapesThatDoNotFit(wanted: [Int64]) throws
  {
    #expect(throws: InfoldError.self) {
      try evaluate("Reshape", opset: 14, [.counting([2, 3, 4]), Tensor(shape: [wanted.count], wanted)])
    }
  }

  @Test func refusesUndeterminedSizesAndWrongShapeTensors() throws {
    let x = try Tensor.counting([0, 3])
    func refused(_ shape: Tensor, allowzero: Int64 = 0) throws -> InfoldError.Code? {
      try errorCode {
        _ = try evaluate("Reshape", opset: 14, attributes: ["allowzero": .int(allowzero)], [x, shape])
      }
    }
    #expect(try refused(.list(0, -1), allowzero: 1) == .invalidModel)
    #expect(try refused(Tensor(shape: [1, 1], [3 as Int64])) == .invalidModel)
    #expect(try refused(Tensor(shape: [1], [0 as Int32])) == .unsupported)
    let long = TensorType(.int64, [.fixed(Int.max)])
    #expect(try errorCode { _ = try infer("Reshape", opset: 14, [TensorType(.float32, nil), long]) } == .limitExceeded)
  }
}
