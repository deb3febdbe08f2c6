import InfoldGraph
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// 1×1 convolutions with few channels, in row-major order and channels-last.
@Suite struct PlanesLoweringTests {
  @Test(arguments: OperandLayout.allCases) func convolutions(layout: OperandLayout) throws {
    for shape in [
      [1, 4, 32, 32], [3, 16, 33, 41], [2, 3, 1, 1], [1, 1, 40, 70], [3, 16, 2, 3], [2, 5, 1_030], [1, 17, 3, 3],
      [1, 2, 2, 3, 4],
    ] {
      for outputs in [1, 4, 16, 17] {
        for hasBias in [true, false] {
          var network = NetworkBuilder()
          let x = try network.operand(shape, layout)
          var inputs = [x, try network.weights([outputs, shape[1]] + Array(repeating: 1, count: shape.count - 2))]
          if hasBias { inputs.append(try network.weights([outputs])) }
          let y = try network.node("Conv", inputs)
          let activated = try network.node("Relu", [try network.node("Conv", inputs)])
          let sum = try network.node("Add", [try network.node("Conv", inputs), activated])
          try expectKernels(network.finished(y, activated, sum), "\(shape), \(outputs), \(layout)")
        }
      }
    }
  }

  /// Strides, padding, and larger windows of which only one position is inside, are not sums of planes.
  @Test func otherConvolutions() throws {
    for attributes: AttributeList in [
      ["strides": .ints([2, 1])], ["pads": .ints([1, 1, 1, 1])], ["pads": .ints([0, 1, 0, 0])],
    ] {
      var network = NetworkBuilder()
      let x = network.input([2, 3, 40, 36])
      try expectKernels(
        network.finished(try network.node("Conv", [x, try network.weights([4, 3, 1, 1])], attributes)))
    }
    var network = NetworkBuilder()
    let x = network.input([2, 3, 1, 1])
    let y = try network.node("Conv", [x, try network.weights([4, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    try expectKernels(network.finished(y))
  }

  /// The operations between the products of an attention with mixed heads.
  @Test func mixedHeads() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 4, 31, 37])
    let last = try network.node("Transpose", [x], ["perm": .ints([0, 2, 3, 1])])
    let product = try network.node("MatMul", [last, try network.weights([4, 4])])
    let sum = try network.node("Add", [try network.weights([4]), product])
    let mixed = try network.node("Transpose", [sum], ["perm": .ints([0, 3, 1, 2])])
    let graph = try network.finished(try network.node("Softmax", [mixed], ["axis": .int(-1)]))
    try expectKernels(graph)
    let steps = try Session(graph.model).plannedSteps(for: ["x": [2, 4, 31, 37]])
    #expect(steps.map(\.algorithm) == ["planes", "softmax"])
  }
}
