import InfoldGraph
import TestSupport
import Testing

@Suite struct TransposedConvolutionTests {
  struct Case: Sendable, CustomStringConvertible {
    var shape: [Int]
    var weight: [Int]
    var attributes: AttributeList = [:]
    var description: String { "\(shape) with \(weight), \(attributes)" }
  }

  private static let cases = [
    Case(shape: [1, 5, 4, 6], weight: [5, 7, 3, 3]),
    Case(shape: [2, 5, 4, 6], weight: [5, 20, 2, 2], attributes: ["strides": .ints([2, 2])]),
    Case(
      shape: [2, 8, 5, 4], weight: [8, 6, 4, 4], attributes: ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
    Case(
      shape: [1, 3, 5, 4], weight: [3, 2, 3, 3],
      attributes: [
        "strides": .ints([2, 3]), "pads": .ints([1, 0, 0, 1]), "output_padding": .ints([1, 2]),
      ]),
    // Strides beyond the window leave positions that no tap reaches.
    Case(
      shape: [1, 3, 3, 4], weight: [3, 4, 2, 1],
      attributes: ["strides": .ints([3, 4]), "output_padding": .ints([2, 3])]),
    Case(
      shape: [1, 4, 6, 5], weight: [4, 3, 3, 2], attributes: ["strides": .ints([2, 1]), "dilations": .ints([2, 3])]),
    Case(
      shape: [1, 4, 6, 5], weight: [4, 3, 3, 3], attributes: ["strides": .ints([4, 3]), "dilations": .ints([6, 2])]),
    Case(shape: [2, 6, 5, 5], weight: [6, 4, 3, 3], attributes: ["group": .int(2), "strides": .ints([2, 2])]),
    Case(shape: [1, 6, 4, 4], weight: [6, 1, 4, 4], attributes: ["group": .int(6), "strides": .ints([2, 2])]),
    Case(
      shape: [1, 4, 5, 5], weight: [4, 3, 5, 5],
      attributes: ["strides": .ints([2, 2]), "auto_pad": .string(Array("SAME_UPPER".utf8))]),
    Case(shape: [2, 4, 9], weight: [4, 5, 4], attributes: ["strides": .ints([2]), "pads": .ints([1, 1])]),
    Case(
      shape: [1, 4, 1, 1], weight: [4, 5, 4, 4], attributes: ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
  ]

  @Test(arguments: cases, OperandLayout.allCases) func transposedConvolutions(test: Case, layout: OperandLayout) throws
  {
    let groups: Int = if case .int(let value)? = test.attributes["group"] { Int(value) } else { 1 }
    for hasBias in [true, false] {
      var network = NetworkBuilder()
      let x = try network.operand(test.shape, layout)
      var inputs = [x, try network.weights(test.weight)]
      if hasBias { inputs.append(try network.weights([test.weight[1] * groups])) }
      let y = try network.node("ConvTranspose", inputs, test.attributes)
      let activated = try network.node("Relu", [try network.node("ConvTranspose", inputs, test.attributes)])
      try expectKernels(network.finished(y, activated), tolerance: 4e-6)
    }
  }
}
