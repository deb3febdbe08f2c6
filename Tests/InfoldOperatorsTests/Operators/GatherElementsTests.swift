import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// GatherElements and GatherND.
@Suite struct GatherElementsTests {
  @Test func takesElementsOfAnyType() throws {
    let data = try Tensor(shape: [2, 2], [true, false, false, false])
    let y = try evaluate("GatherElements", opset: 13, [data, Tensor(shape: [1, 2], [-2, 1] as [Int32])])
    #expect(y[0] == (try Tensor(shape: [1, 2], [true, false])))
    let none = try evaluate("GatherElements", opset: 13, [data, Tensor(zeros: [0, 2], of: .int64)])
    #expect(none[0] == (try Tensor(zeros: [0, 2], of: .bool)))
  }

  @Test func refusesWhatDoesNotFit() throws {
    let data = try Tensor.counting([2, 3])
    for indices in [
      try Tensor.list(0), try Tensor(shape: [1, 4], [0, 0, 0, 0] as [Int64]),
      try Tensor(shape: [1, 1], [2] as [Int64]),
      try Tensor(shape: [1, 1], [-3] as [Int64]), try Tensor(shape: [1, 1], [Int64.min]),
    ] {
      for name in ["GatherElements", "ScatterElements"] {
        let updates = try Tensor(zeros: indices.shape, of: .float32)
        let code = try errorCode {
          _ = try evaluate(name, opset: 13, [data, indices] + (name == "GatherElements" ? [] : [updates]))
        }
        #expect(code == .invalidModel, "\(name) \(indices)")
      }
    }
    let none = try Tensor(zeros: [0, 3], of: .float32)
    let code = try errorCode {
      _ = try evaluate("GatherElements", opset: 13, [none, Tensor(zeros: [1, 1], of: .int64)])
    }
    #expect(code == .invalidModel)
  }

  @Test func keepsSymbols() throws {
    let y = try infer("GatherElements", opset: 13, [TensorType(.int8, ["A", 3]), TensorType(.int64, ["B", 2])])
    #expect(y == [TensorType(.int8, ["B", 2])])
    let slices = try infer("GatherND", opset: 13, [TensorType(.int8, ["A", 3, "C"]), TensorType(.int64, ["B", 2])])
    #expect(slices == [TensorType(.int8, ["B", "C"])])
  }

  @Test func takesSlices() throws {
    let data = try Tensor.counting([2, 2, 2])
    let y = try evaluate("GatherND", opset: 13, [data, Tensor(shape: [2, 1, 2], [0, 1, 1, 0] as [Int64])])
    #expect(y[0] == (try Tensor(shape: [2, 1, 2], [2, 3, 4, 5] as [Float])))
    let batched = try evaluate(
      "GatherND", opset: 13, attributes: ["batch_dims": .int(1)], [data, Tensor(shape: [2, 1], [1, -2] as [Int64])])
    #expect(batched[0] == (try Tensor(shape: [2, 2], [2, 3, 4, 5] as [Float])))
  }

  @Test func refusesSlicesThatAreNotThere() throws {
    let data = try Tensor.counting([2, 3])
    func code(_ indices: Tensor, batches: Int64 = 0) throws -> InfoldError.Code? {
      try errorCode {
        _ = try evaluate("GatherND", opset: 13, attributes: ["batch_dims": .int(batches)], [data, indices])
      }
    }
    #expect(try code(.list(2)) == .invalidModel)
    #expect(try code(.list(0, -4)) == .invalidModel)
    #expect(try code(.list(0, 0, 0)) == .invalidModel)
    #expect(try code(Tensor(zeros: [2, 0], of: .int64)) == .invalidModel)
    #expect(try code(Tensor(scalar: 0 as Int64)) == .invalidModel)
    #expect(try code(Tensor(zeros: [3, 1], of: .int64), batches: 1) == .invalidModel)
    #expect(try code(Tensor(zeros: [2, 1], of: .int64), batches: 2) == .invalidModel)
    #expect(try code(Tensor(zeros: [2, 1], of: .int64), batches: -1) == .invalidModel)
  }
}
