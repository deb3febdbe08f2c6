import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct LpPoolTests {
  private func pool(opset: Int, _ attributes: AttributeList) throws -> [Double] {
    let x = try Tensor(shape: [1, 1, 2, 3], [3, -4, 0, -12, 5, 1] as [Double])
    return try #require(try evaluate("LpPool", opset: opset, attributes: attributes, [x])[0]).elements()
  }

  private func expect(_ actual: [Double], _ expected: [Double]) {
    #expect(actual.count == expected.count)
    for (a, b) in zip(actual, expected) { #expect(abs(a - b) < 1e-12, "\(actual)") }
  }

  @Test(arguments: [1, 2, 11, 18, 22]) func takesTheNormOfEveryWindow(opset: Int) throws {
    expect(try pool(opset: opset, ["kernel_shape": .ints([1, 2]), "strides": .ints([1, 2])]), [5, 13])
    let p: Attribute = opset == 1 ? .float(1) : .int(1)
    expect(
      try pool(opset: opset, ["kernel_shape": .ints([2, 2]), "p": p, "pads": .ints([0, 1, 0, 0])]), [15, 24, 10])
    let cube: Attribute = opset == 1 ? .float(3) : .int(3)
    expect(
      try pool(opset: opset, ["kernel_shape": .ints([2, 3]), "p": cube]), [.init(27 + 64 + 1728 + 125 + 1).cubeRoot])
    expect(
      try pool(
        opset: opset,
        ["kernel_shape": .ints([1, 2]), "strides": .ints([1, 2]), "auto_pad": .string(Array("SAME_LOWER".utf8))]),
      [3, 4, 12, 26.0.squareRoot()])
  }

  @Test(arguments: [18, 22]) func dilatesAndRoundsUp(opset: Int) throws {
    expect(
      try pool(opset: opset, ["kernel_shape": .ints([1, 2]), "dilations": .ints([1, 2])]), [3, 145.0.squareRoot()])
    expect(
      try pool(
        opset: opset, ["kernel_shape": .ints([2, 2]), "strides": .ints([1, 2]), "ceil_mode": .int(1), "p": .int(1)]),
      [24, 1])
    for name in ["dilations", "ceil_mode"] {
      let value: Attribute = name == "dilations" ? .ints([1, 1]) : .int(1)
      #expect(
        try errorCode { _ = try pool(opset: 11, ["kernel_shape": .ints([1, 1]), name: value]) } == .invalidModel)
    }
  }

  @Test(
    arguments: [
      (1, [:]), (2, ["kernel_shape": .ints([1, 1]), "p": .float(2)]),
      (1, ["kernel_shape": .ints([1, 1]), "p": .int(2)]),
      (1, ["kernel_shape": .ints([1, 1]), "p": .float(.nan)]), (18, ["kernel_shape": .ints([1, 1]), "p": .int(0)]),
    ] as [(Int, AttributeList)])
  func refusesAttributesThatAreWrong(opset: Int, attributes: AttributeList) throws {
    #expect(try errorCode { _ = try pool(opset: opset, attributes) } == .invalidModel)
  }

  @Test func keepsSymbolsAndRefusesIntegers() throws {
    let attributes: AttributeList = ["kernel_shape": .ints([2])]
    #expect(
      try infer("LpPool", opset: 2, attributes: attributes, [TensorType(.float16, ["N", "C", 4])])
        == [TensorType(.float16, ["N", "C", 3])])
    #expect(
      try errorCode {
        _ = try evaluate("LpPool", opset: 2, attributes: attributes, [Tensor(zeros: [1, 1, 4], of: .int8)])
      }
        == .unsupported)
  }
}

extension Double {
  fileprivate var cubeRoot: Double {
    // Newton's method, for comparison with the operator's use of pow.
    (0..<60).reduce(self) { root, _ in root - (root * root * root - self) / (3 * root * root) }
  }
}
