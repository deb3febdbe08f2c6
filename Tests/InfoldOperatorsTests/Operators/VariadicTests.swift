import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Sum, Mean, Max and Min.
@Suite struct VariadicTests {
  @Test(
    arguments: [
      ("Sum", [1, 6, 8, 13], [6, 9]), ("Mean", [1, 6, 8, 13], [2, 3]), ("Max", [1, 6, 8, 12, 13], [3, 6]),
      ("Min", [1, 6, 8, 12, 13], [1, -2]),
    ] as [(String, [Int], [Float])])
  func combinesAllInputs(name: String, opsets: [Int], result: [Float]) throws {
    let inputs = try [[1, 5], [3, -2], [2, 6]].map { try Tensor(shape: [2], $0 as [Float]) }
    for opset in opsets {
      #expect(try evaluate(name, opset: opset, inputs)[0] == Tensor(shape: [2], result))
      #expect(try evaluate(name, opset: opset, [inputs[0]])[0] == inputs[0])
    }
  }

  @Test(arguments: ["Sum", "Mean", "Max", "Min"]) func broadcastsSinceOpset8(name: String) throws {
    let inputs = [
      try Tensor(shape: [2, 1], [1, 2] as [Double]), try Tensor(shape: [3], [1, 1, 1] as [Double]),
      try Tensor(scalar: 1 as Double),
    ]
    #expect(try evaluate(name, opset: 8, inputs)[0]?.shape == [2, 3])
    #expect(try errorCode { _ = try evaluate(name, opset: 6, inputs) } == .invalidModel)
    #expect(
      try evaluate(name, opset: 13, [Tensor(zeros: [0], of: .float32), Tensor(scalar: Float(1))])[0]?.shape == [0])
  }

  @Test(arguments: ["Sum", "Mean", "Max", "Min"]) func refusesHolesAndMixedTypes(name: String) throws {
    let x = try Tensor(scalar: Float(1))
    #expect(try errorCode { _ = try evaluate(name, opset: 13, [x, nil, x]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate(name, opset: 13, []) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate(name, opset: 13, [x, Tensor(scalar: Double(1))]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate(name, opset: 13, [Tensor(scalar: true)]) } == .unsupported)
  }

  @Test(arguments: ["Max", "Min"]) func passesNaNOn(name: String) throws {
    let a = try Tensor(shape: [2], [.nan, 1] as [Float]), b = try Tensor(shape: [2], [1, .nan] as [Float])
    #expect(try evaluate(name, opset: 13, [a, b])[0]?.elements(as: Float.self).allSatisfy(\.isNaN) == true)
  }

  @Test func comparesIntegers() throws {
    #expect(try evaluate("Max", opset: 12, [.list(1, 9), .list(5, 2)])[0] == .list(5, 9))
    #expect(try evaluate("Min", opset: 12, [.list(1, 9), .list(5, 2)])[0] == .list(1, 2))
    #expect(try errorCode { _ = try evaluate("Sum", opset: 13, [.list(1)]) } == .unsupported)
  }

  @Test func keepsSymbols() throws {
    let types = [TensorType(.float32, ["N", 1]), TensorType(.float32, ["N", 4]), TensorType(.float32, [])]
    #expect(try infer("Max", opset: 13, types) == [TensorType(.float32, ["N", 4])])
  }
}
