import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct InstanceNormalizationTests {
  private func normalize(_ inputs: [Tensor], opset: Int = 6, _ attributes: AttributeList = [:]) throws -> Tensor {
    try #require(try evaluate("InstanceNormalization", opset: opset, attributes: attributes, inputs)[0])
  }

  @Test(arguments: [1, 6, 22], [[1, 2, 2], [1, 2, 1, 2], [1, 2, 2, 1, 1]])
  func normalizesEveryChannel(opset: Int, shape: [Int]) throws {
    // Means 1 and 4, variances 1 and 4. With an epsilon of 3, the first channel is divided by 2, the second by √7.
    let inputs = [
      try Tensor(shape: shape, [0, 2, 2, 6] as [Double]), try Tensor(shape: [2], [2, 10] as [Double]),
      try Tensor(shape: [2], [5, -1] as [Double]),
    ]
    var attributes: AttributeList = ["epsilon": .float(3)]
    if opset == 1 { attributes["consumed_inputs"] = .ints([0, 0, 0]) }
    let y = try normalize(inputs, opset: opset, attributes)
    #expect(y.shape == shape)
    let far = 20 / 7.0.squareRoot()
    for (a, b) in zip(try y.elements(as: Double.self), [4, 6, -1 - far, -1 + far]) { #expect(abs(a - b) < 1e-14) }
  }

  @Test func normalizesEveryInstance() throws {
    let x = try Tensor(shape: [2, 1, 2], [0, 2, 10, 14] as [Float16])
    let one = try Tensor(shape: [1], [1] as [Float16]), zero = try Tensor(shape: [1], [0] as [Float16])
    #expect(
      try normalize([x, one, zero], ["epsilon": .float(0)]) == Tensor(shape: [2, 1, 2], [-1, 1, -1, 1] as [Float16]))
    #expect(try normalize([Tensor(zeros: [0, 1, 2], of: .float16), one, zero]).shape == [0, 1, 2])
    #expect(try normalize([Tensor(zeros: [1, 1, 0], of: .float16), one, zero]).shape == [1, 1, 0])
  }

  @Test func completesTheShape() throws {
    let types = [TensorType(.float32, ["N", .unknown, "H"]), TensorType(.float32, nil), TensorType(.float32, [3])]
    #expect(try infer("InstanceNormalization", opset: 6, types)[0].shape == ["N", 3, "H"])
    #expect(
      try infer("InstanceNormalization", opset: 6, Array(repeating: TensorType(.float32, nil), count: 3))[0].shape
        == nil)
  }

  @Test(arguments: [([1, 2], [2], [2]), ([1, 2, 1], [1], [2]), ([1, 2, 1], [2], [3]), ([1, 2, 1], [2, 1], [2])])
  func refusesShapesThatDoNotFit(x: [Int], scale: [Int], bias: [Int]) throws {
    #expect(try errorCode { _ = try normalize([.counting(x), .counting(scale), .counting(bias)]) } == .invalidModel)
  }

  @Test func refusesTypesThatAreWrong() throws {
    let x = try Tensor.counting([1, 1, 1]), one = try Tensor.counting([1])
    #expect(try errorCode { _ = try normalize([x, one, one.widened()]) } == .invalidModel)
    let integers =
      [try Tensor(zeros: [1, 1, 1], of: .int32)] + Array(repeating: try Tensor(zeros: [1], of: .int32), count: 2)
    #expect(try errorCode { _ = try normalize(integers) } == .unsupported)
    #expect(try errorCode { _ = try normalize([x, one, one], ["consumed_inputs": .ints([0])]) } == .invalidModel)
  }
}
