import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ExpandTests {
  @Test(arguments: [8, 13]) func repeatsDimensionsOfOne(opset: Int) throws {
    let y = try evaluate("Expand", opset: opset, [.counting([3, 1]), .list(2, 1, 2)])
    #expect(y[0] == (try Tensor(shape: [2, 3, 2], [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2] as [Float])))
    #expect(try evaluate("Expand", opset: opset, [.counting([2, 3]), .list(1)])[0] == .counting([2, 3]))
    #expect(try evaluate("Expand", opset: opset, [.counting([1, 3]), .list(0, 1)])[0]?.shape == [0, 3])
    #expect(try evaluate("Expand", opset: opset, [.counting([]), .list()])[0] == .counting([]))
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Expand", opset: 13, [TensorType(.float32, ["N", 1, "W"]), TensorType(.int64, [3])],
      constants: [1: .list(1, 5, 7)])
    #expect(y == [TensorType(.float32, ["N", 5, 7])])
    let z = try infer("Expand", opset: 13, [TensorType(.float32, ["N", 4]), TensorType(.int64, [2])])
    #expect(z == [TensorType(.float32, [.unknown, 4])])
  }

  @Test func refusesWhatDoesNotFit() throws {
    for shape in try [Tensor.list(3), .list(-1, 2), .list(.min), Tensor(shape: [1, 1], [2 as Int64])] {
      #expect(try errorCode { _ = try evaluate("Expand", opset: 13, [.counting([2]), shape]) } == .invalidModel)
    }
    let huge = try Tensor.list(.max, .max, 2)
    #expect(try errorCode { _ = try evaluate("Expand", opset: 13, [.counting([2]), huge]) } == .limitExceeded)
  }
}

@Suite struct TileTests {
  @Test func repeatsOneAxisInOpsetOne() throws {
    let two = try Tensor(scalar: Float(2)), one = try Tensor(scalar: Float(1))
    let y = try evaluate("Tile", opset: 1, [.counting([2, 2]), two, one])
    #expect(y[0] == (try Tensor(shape: [2, 4], [0, 1, 0, 1, 2, 3, 2, 3] as [Float])))
    let inferred = try infer(
      "Tile", opset: 1, [TensorType(.float32, ["N", 2]), TensorType(.float32, []), TensorType(.float32, [])],
      constants: [2: one])
    #expect(inferred == [TensorType(.float32, ["N", .unknown])])
    let half = try Tensor(scalar: Float(0.5))
    #expect(try errorCode { _ = try evaluate("Tile", opset: 1, [.counting([2]), half, one]) } == .invalidModel)
  }

  @Test(arguments: [6, 13]) func repeatsEveryAxis(opset: Int) throws {
    let y = try evaluate("Tile", opset: opset, [.counting([2, 1]), .list(2, 3)])
    #expect(y[0] == (try Tensor(shape: [4, 3], [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1] as [Float])))
    #expect(try evaluate("Tile", opset: opset, [.counting([2, 1]), .list(0, 3)])[0]?.shape == [0, 3])
    #expect(try evaluate("Tile", opset: opset, [.counting([0, 1]), .list(2, 3)])[0]?.shape == [0, 3])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Tile", opset: 13, [TensorType(.float32, ["N", "H", 2]), TensorType(.int64, [3])],
      constants: [1: .list(1, 2, 3)])
    #expect(y == [TensorType(.float32, ["N", .unknown, 6])])
  }

  @Test func refusesWrongRepeats() throws {
    for repeats in try [Tensor.list(1), .list(-1, 1), .list(1, 1, 1)] {
      #expect(try errorCode { _ = try evaluate("Tile", opset: 13, [.counting([2, 2]), repeats]) } == .invalidModel)
    }
    #expect(try errorCode { _ = try evaluate("Tile", opset: 13, [.counting([2]), .list(.max)]) } == .limitExceeded)
  }
}
