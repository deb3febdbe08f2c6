import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ConstantTests {
  @Test(arguments: [1, 9, 11, 12, 13, 19, 21, 23, 24, 25, 28]) func holdsATensor(opset: Int) throws {
    let value = try Tensor(shape: [2], [1, -2] as [Float])
    #expect(try evaluate("Constant", opset: opset, attributes: ["value": .tensor(value)], [])[0] == value)
  }

  @Test func holdsScalarsAndLists() throws {
    func constant(_ attributes: AttributeList) throws -> Tensor? {
      try evaluate("Constant", opset: 12, attributes: attributes, [])[0]
    }
    #expect(try constant(["value_int": .int(-3)]) == Tensor(scalar: Int64(-3)))
    #expect(try constant(["value_ints": .ints([4, 5])]) == Tensor.list(4, 5))
    #expect(try constant(["value_ints": .ints([])]) == Tensor.list())
    #expect(try constant(["value_float": .float(1.5)]) == Tensor(scalar: Float(1.5)))
    #expect(try constant(["value_floats": .floats([1.5, 2])]) == Tensor(shape: [2], [1.5, 2] as [Float]))
  }

  @Test(
    arguments: [
      (11, ["sparse_value": .message([])] as AttributeList, .unsupported),
      (12, ["value_string": .string([65])], .unsupported),
      (12, ["value_strings": .strings([[65]])], .unsupported), (13, ["value": .message([])], .unsupported),
      (12, [:], .invalidModel), (12, ["value_int": .int(1), "value_float": .float(1)], .invalidModel),
      (11, ["value_int": .int(1)], .invalidModel), (9, ["sparse_value": .message([])], .invalidModel),
      (13, ["value": .int(1)], .invalidModel),
    ] as [(Int, AttributeList, InfoldError.Code)])
  func refuses(opset: Int, attributes: AttributeList, code: InfoldError.Code) throws {
    #expect(try errorCode { _ = try evaluate("Constant", opset: opset, attributes: attributes, []) } == code)
  }
}
