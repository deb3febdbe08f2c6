import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
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
    // Strides larger than the window leave positions that no tap reaches.
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
    // One row, and phases with as many outputs as inputs, where each output comes from a neighbor.
    Case(
      shape: [2, 6, 7], weight: [6, 5, 3],
      attributes: ["strides": .ints([3]), "pads": .ints([1, 1]), "output_padding": .ints([2])]),
    Case(
      shape: [2, 6, 7], weight: [6, 5, 2],
      attributes: ["strides": .ints([2]), "pads": .ints([1, 0]), "output_padding": .ints([1])]),
    Case(
      shape: [2, 6, 1, 9], weight: [6, 5, 3, 3],
      attributes: [
        "strides": .ints([3, 3]), "pads": .ints([1, 1, 1, 1]), "output_padding": .ints([2, 2]),
      ]),
    // One pixel, one row and one column, over which the window does not move, with few and with many outputs.
    Case(shape: [2, 9, 1, 1], weight: [9, 3, 4, 4]),
    Case(shape: [3, 9, 1, 1], weight: [9, 70, 4, 3], attributes: ["strides": .ints([2, 1])]),
    Case(shape: [2, 5, 1, 4], weight: [5, 33, 4, 2], attributes: ["strides": .ints([3, 2])]),
    Case(shape: [1, 5, 3, 1], weight: [5, 6, 2, 3], attributes: ["strides": .ints([2, 1])]),
    Case(
      shape: [1, 5, 1, 1], weight: [5, 6, 2, 2],
      attributes: ["output_padding": .ints([0, 1]), "strides": .ints([2, 2])]),
    // More weights than fit into the cache, which threads share; and many rows.
    Case(
      shape: [2, 300, 3, 2], weight: [300, 130, 4, 4],
      attributes: ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
    Case(
      shape: [3, 20, 40, 50], weight: [20, 24, 3, 3],
      attributes: ["strides": .ints([3, 2]), "pads": .ints([1, 0, 0, 1])]),
    // A padding of −1 before, and after.
    Case(
      shape: [1, 2, 5, 5], weight: [2, 2, 2, 2],
      attributes: ["strides": .ints([3, 3]), "auto_pad": .string(Array("SAME_UPPER".utf8))]),
    Case(
      shape: [1, 2, 5, 1], weight: [2, 20, 2, 2],
      attributes: ["strides": .ints([3, 3]), "auto_pad": .string(Array("SAME_LOWER".utf8))]),
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

  /// Outputs that no input reaches are 0, or equal the bias, also next to numbers that are not finite.
  @Test(arguments: KernelChoice.names, [true, false]) func outputsThatNoInputReaches(kernels: String, hasBias: Bool)
    throws
  {
    let x = try Tensor(shape: [1, 4, 9], (0..<36).map { $0 % 5 == 0 ? .infinity : $0 % 7 == 0 ? .nan : 1 as Float })
    var network = NetworkBuilder()
    var inputs = [network.input([1, 4, 9]), try network.weights([4, 3, 1], in: 0.5...1)]
    if hasBias { inputs.append(network.constant(try Tensor(shape: [3], [1, -2, 3] as [Float]))) }
    let y = try network.node(
      "ConvTranspose", inputs, ["strides": .ints([2]), "output_padding": .ints([1])])
    let graph = try network.finished(y)
    for optimizes in [true, false] {
      let session = try Session(
        graph.model, options: SessionOptions(threads: 1, optimize: optimizes), kernelsNamed: kernels)
      var results: [Tensor] = []
      try session.run([x], into: &results)
      let numbers = try results[0].elements(as: Float.self)
      #expect(numbers.count == 3 * 18)
      for (index, number) in numbers.enumerated() where index % 2 == 1 {
        #expect(number == (hasBias ? [1, -2, 3][index / 18] : 0))
      }
    }
  }
}
