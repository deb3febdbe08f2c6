import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ScatterElementsTests {
  @Test(
    arguments: [
      ("add", 16, [1, 7, 3]), ("mul", 16, [1, 12, 3]), ("max", 18, [1, 3, 3]), ("min", 18, [1, 2, 3]),
      ("none", 18, [1, 2, 3]),
    ] as [(String, Int, [Int8])]) func reduces(reduction: String, opset: Int, expected: [Int8]) throws
  {
    // The element 2 is updated with 3 and then with 2.
    let y = try evaluate(
      "ScatterElements", opset: opset, attributes: ["reduction": .text(reduction)],
      [Tensor(shape: [3], [1, 2, 3] as [Int8]), Tensor.list(1, -2), Tensor(shape: [2], [3, 2] as [Int8])])
    #expect(y[0] == (try Tensor(shape: [3], expected)))
  }

  @Test func replacesTruthValues() throws {
    let y = try evaluate(
      "ScatterElements", opset: 18, [Tensor(shape: [2], [true, true]), Tensor.list(1), Tensor(shape: [1], [false])])
    #expect(y[0] == (try Tensor(shape: [2], [true, false])))
  }

  @Test func refusesReductionsOfOtherOpsetsAndTypes() throws {
    let x = try Tensor.counting([2])
    for (reduction, opset) in [("max", 16), ("mean", 18)] {
      let code = try errorCode {
        _ = try evaluate(
          "ScatterElements", opset: opset, attributes: ["reduction": .text(reduction)], [x, Tensor.list(0), x])
      }
      #expect(code == .invalidModel)
    }
    let truth = TensorType(.bool, [1])
    let code = try errorCode {
      _ = try infer(
        "ScatterElements", opset: 18, attributes: ["reduction": .text("add")], [truth, TensorType(.int64, [1]), truth])
    }
    #expect(code == .unsupported)
  }

  @Test func refusesUpdatesOfAnotherShape() throws {
    let code = try errorCode {
      _ = try evaluate("ScatterElements", opset: 18, [Tensor.counting([3]), Tensor.list(0), Tensor.counting([2])])
    }
    #expect(code == .invalidModel)
  }
}
