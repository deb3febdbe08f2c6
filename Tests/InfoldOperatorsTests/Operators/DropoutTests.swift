import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct DropoutTests {
  private let x: Tensor

  init() throws {
    x = try Tensor(shape: [2, 2], [1, -2, 3, .infinity] as [Float])
  }

  @Test(arguments: [1, 6, 7, 10, 12, 13, 22]) func changesNothingAtInference(opset: Int) throws {
    let attributes: AttributeList =
      opset < 7 ? ["ratio": .float(0.3), "is_test": .int(1)] : opset < 12 ? ["ratio": .float(0.3)] : ["seed": .int(7)]
    let y = try evaluate("Dropout", opset: opset, attributes: attributes, [x], outputs: 2)
    #expect(y[0] == x)
    let mask =
      opset < 10 ? try Tensor(repeating: Float(1), shape: [2, 2]) : try Tensor(repeating: true, shape: [2, 2])
    #expect(y[1] == mask)
  }

  @Test(arguments: [12, 13, 22]) func ignoresTheRatioWithoutTraining(opset: Int) throws {
    let ratio = try Tensor(scalar: Float(0.9))
    #expect(try evaluate("Dropout", opset: opset, [x, ratio])[0] == x)
    #expect(try evaluate("Dropout", opset: opset, [x, ratio, Tensor(scalar: false)])[0] == x)
    #expect(try evaluate("Dropout", opset: opset, [x, Tensor(scalar: Double(0)), Tensor(scalar: true)])[0] == x)
  }

  @Test func refusesToDropAtRandom() throws {
    for opset in [1, 6] {
      #expect(try errorCode { _ = try evaluate("Dropout", opset: opset, [x]) } == .unsupported)
      #expect(try evaluate("Dropout", opset: opset, attributes: ["ratio": .float(0)], [x])[0] == x)
    }
    for ratio in [nil, try Tensor(scalar: Float16(0.5))] {
      #expect(
        try errorCode { _ = try evaluate("Dropout", opset: 12, [x, ratio, Tensor(scalar: true)]) } == .unsupported)
    }
  }

  @Test func refusesInputsThatAreNoScalars() throws {
    #expect(try errorCode { _ = try evaluate("Dropout", opset: 13, [x, x]) } == .invalidModel)
    #expect(
      try errorCode { _ = try evaluate("Dropout", opset: 13, [x, nil, Tensor(zeros: [0], of: .bool)]) } == .invalidModel
    )
    #expect(
      try errorCode { _ = try evaluate("Dropout", opset: 13, [x, nil, Tensor(scalar: Int64(1))]) } == .unsupported)
    #expect(try errorCode { _ = try evaluate("Dropout", opset: 11, [x, Tensor(scalar: Float(0))]) } == .invalidModel)
    #expect(
      try errorCode { _ = try evaluate("Dropout", opset: 13, attributes: ["ratio": .float(0)], [x]) } == .invalidModel)
  }

  @Test func keepsSymbols() throws {
    let type = TensorType(.float16, ["N", 3])
    #expect(try infer("Dropout", opset: 13, [type], outputs: 2) == [type, TensorType(.bool, ["N", 3])])
  }
}
