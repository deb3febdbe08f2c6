import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct GatherTests {
  @Test(arguments: [1, 11, 13]) func gathersAlongAnAxis(opset: Int) throws {
    let y = try evaluate(
      "Gather", opset: opset, attributes: ["axis": .int(1)],
      [.counting([2, 3]), Tensor(shape: [1, 2], [2, -3] as [Int64])])
    #expect(y[0] == (try Tensor(shape: [2, 1, 2], [2, 0, 5, 3] as [Float])))
  }

  @Test func takesScalarsAndInt32() throws {
    let y = try evaluate("Gather", opset: 13, [.counting([2, 3]), Tensor(scalar: Int32(1))])
    #expect(y[0] == (try Tensor(shape: [3], [3, 4, 5] as [Float])))
    let z = try evaluate(
      "Gather", opset: 13, attributes: ["axis": .int(-1)],
      [Tensor(shape: [2, 2, 2], [true, false, true, true, false, false, true, false]), .list(1, 1, 0)])
    #expect(
      z[0]
        == (try Tensor(
          shape: [2, 2, 3], [false, false, true, true, true, true, false, false, false, false, false, true])))
  }

  @Test func gathersNothing() throws {
    #expect(try evaluate("Gather", opset: 13, [.counting([0, 3]), .list()])[0]?.shape == [0, 3])
    #expect(try evaluate("Gather", opset: 13, [.counting([2, 0]), .list(1, 0, 1)])[0]?.shape == [3, 0])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Gather", opset: 13, attributes: ["axis": .int(1)],
      [TensorType(.float32, ["N", 5, "H"]), TensorType(.int32, ["K", 2])])
    #expect(y == [TensorType(.float32, ["N", "K", 2, "H"])])
    #expect(try infer("Gather", opset: 13, [TensorType(.int8, nil), TensorType(.int64, [])])[0].shape == nil)
  }

  @Test(arguments: [(0, 2), (0, -3), (1, 3), (2, 0), (-3, 0), (0, .max), (0, .min)] as [(Int64, Int64)])
  func refusesWhatIsOutside(axis: Int64, index: Int64) throws {
    let code = try errorCode {
      _ = try evaluate("Gather", opset: 13, attributes: ["axis": .int(axis)], [.counting([2, 3]), .list(index)])
    }
    #expect(code == .invalidModel)
  }

  @Test func refusesScalarsAndOtherIndices() throws {
    #expect(try errorCode { _ = try evaluate("Gather", opset: 13, [.counting([]), .list(0)]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("Gather", opset: 13, [.counting([2]), .counting([1])]) } == .unsupported)
  }
}
