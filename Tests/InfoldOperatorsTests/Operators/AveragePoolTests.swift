import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct AveragePoolTests {
  private func pool(_ x: Tensor, opset: Int = 22, _ attributes: AttributeList) throws -> [Float] {
    try #require(try evaluate("AveragePool", opset: opset, attributes: attributes, [x])[0]).elements()
  }

  @Test(arguments: [1, 7, 10, 11, 19, 22]) func dividesByTheElementsInsideTheInput(opset: Int) throws {
    let y = try pool(
      .counting([1, 1, 2, 3]), opset: opset,
      ["kernel_shape": .ints([2, 2]), "strides": .ints([1, 2]), "pads": .ints([1, 1, 0, 0])])
    #expect(y == [0, 1.5, 1.5, 3])
  }

  @Test(arguments: [7, 10, 11, 19, 22]) func countsPadding(opset: Int) throws {
    let y = try pool(
      Tensor(shape: [1, 1, 2], [4, 8] as [Float]), opset: opset,
      ["kernel_shape": .ints([2]), "pads": .ints([1, 1]), "count_include_pad": .int(1)])
    #expect(y == [2, 6, 4])
  }

  @Test(arguments: [
    // [1, 2, 3, 4, 5, 6], kernel 3, stride 3, one zero on each side: 0 1 2 | 3 4 5 | 6 0, and a position beyond the padding.
    (true, [1, 4, 3] as [Float]), (false, [1.5, 4, 6]),
  ])
  func neverCountsWhatLiesBeyondThePadding(countsPadding: Bool, expected: [Float]) throws {
    let x = try Tensor(shape: [1, 1, 6], [1, 2, 3, 4, 5, 6] as [Float])
    let y = try pool(
      x, opset: 10,
      [
        "kernel_shape": .ints([3]), "strides": .ints([3]), "pads": .ints([1, 1]), "ceil_mode": .int(1),
        "count_include_pad": .int(countsPadding ? 1 : 0),
      ])
    #expect(y == expected)
  }

  @Test(arguments: [("SAME_UPPER", [0.5, 1.5, 2] as [Float]), ("SAME_LOWER", [0, 0.5, 1.5]), ("VALID", [0.5, 1.5])])
  func padsByItself(padding: String, expected: [Float]) throws {
    let attributes: AttributeList = ["kernel_shape": .ints([2]), "auto_pad": .string(Array(padding.utf8))]
    #expect(try pool(.counting([1, 1, 3]), attributes) == expected)
  }

  @Test(arguments: [19, 22]) func dilates(opset: Int) throws {
    let attributes: AttributeList = ["kernel_shape": .ints([2]), "dilations": .ints([2])]
    #expect(try pool(.counting([1, 1, 4]), opset: opset, attributes) == [1, 2])
    #expect(try errorCode { _ = try pool(.counting([1, 1, 4]), opset: 11, attributes) } == .invalidModel)
  }

  @Test func poolsVolumesInHalfPrecision() throws {
    let x = try Tensor(shape: [1, 1, 2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 8] as [Float16])
    let y = try evaluate("AveragePool", opset: 11, attributes: ["kernel_shape": .ints([2, 2, 2])], [x])
    #expect(try y[0] == Tensor(shape: [1, 1, 1, 1, 1], [3.625] as [Float16]))
  }

  @Test func givesNaNForTheMeanOfNothing() throws {
    let y = try pool(Tensor(shape: [1, 1, 1], [3] as [Float]), ["kernel_shape": .ints([1]), "pads": .ints([1, 0])])
    #expect(y[0].isNaN && y[1] == 3)
  }

  @Test func refusesAttributesOfLaterVersions() throws {
    let x = try Tensor.counting([1, 1, 4])
    for (opset, name) in [(1, "count_include_pad"), (7, "ceil_mode")] {
      #expect(
        try errorCode { _ = try pool(x, opset: opset, ["kernel_shape": .ints([2]), name: .int(1)]) } == .invalidModel)
    }
    #expect(
      try errorCode {
        _ = try evaluate(
          "AveragePool", opset: 11, attributes: ["kernel_shape": .ints([1])], [Tensor(zeros: [1, 1, 1], of: .int32)])
      } == .unsupported)
  }
}
