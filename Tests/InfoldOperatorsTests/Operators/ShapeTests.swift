import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ShapeTests {
  @Test(
    arguments: [
      (1, nil, nil, [2, 3, 4]), (13, nil, nil, [2, 3, 4]), (15, 1, nil, [3, 4]), (19, nil, -1, [2, 3]),
      (21, -2, 2, [3]), (23, -9, 9, [2, 3, 4]), (24, 2, 1, []), (25, .max, .min, []), (25, .min, .max, [2, 3, 4]),
    ] as [(Int, Int64?, Int64?, [Int64])])
  func listsTheSizes(opset: Int, start: Int64?, end: Int64?, sizes: [Int64]) throws {
    var attributes: AttributeList = [:]
    attributes["start"] = start.map(Attribute.int)
    attributes["end"] = end.map(Attribute.int)
    let y = try evaluate("Shape", opset: opset, attributes: attributes, [.counting([2, 3, 4])])
    #expect(y[0] == (try Tensor(shape: [sizes.count], sizes)))
  }

  @Test func listsNothingForAScalar() throws {
    #expect(try evaluate("Shape", opset: 13, [.counting([])])[0] == .list())
  }

  @Test func knowsTheLengthOfTheList() throws {
    #expect(try infer("Shape", opset: 13, [TensorType(.bool, ["N", 3])]) == [TensorType(.int64, [2])])
    #expect(try infer("Shape", opset: 13, [TensorType(.bool, nil)]) == [TensorType(.int64, [.unknown])])
  }

  @Test func refusesARangeBeforeOpset15() throws {
    let code = try errorCode { _ = try evaluate("Shape", opset: 13, attributes: ["start": .int(1)], [.counting([2])]) }
    #expect(code == .invalidModel)
  }

  @Test(arguments: [1, 13, 19, 21, 23, 24, 25]) func countsTheElements(opset: Int) throws {
    #expect(try evaluate("Size", opset: opset, [.counting([2, 3, 4])])[0] == Tensor(scalar: Int64(24)))
    #expect(try evaluate("Size", opset: opset, [.counting([2, 0])])[0] == Tensor(scalar: Int64(0)))
    #expect(try infer("Size", opset: opset, [TensorType(.int8, nil)]) == [TensorType(.int64, [])])
  }
}
