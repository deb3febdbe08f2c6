import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct BroadcastingLoweringTests {
  /// Operands that are broadcast along any dimensions, also in ways that three nested loops cannot express.
  @Test(arguments: ["Add", "Div", "Max"], OperandLayout.allCases)
  func twoOperands(opType: String, layout: OperandLayout) throws {
    let sizes = [2, 3, 4, 5]
    for mask in 0..<16 {
      let other = sizes.indices.map { mask >> $0 & 1 == 1 ? sizes[$0] : 1 }
      for shape in [other, Array(other.drop { $0 == 1 })] {
        var network = NetworkBuilder()
        let x = try network.operand(sizes, layout), b = network.input(Shape(shape), "b")
        let y = try network.node(opType, [x, b]), z = try network.node(opType, [b, x])
        try expectKernels(network.finished(y, z), range: 0.5...2, "\(shape), \(layout)")
      }
    }
    var network = NetworkBuilder()
    let a = network.input([3, 1, 4, 1, 5, 1], "a"), b = network.input([1, 2, 1, 3, 1, 2], "b")
    try expectKernels(network.finished(try network.node(opType, [a, b])), range: 0.5...2)
  }

  @Test(arguments: ["Sum", "Max", "Min"], OperandLayout.allCases)
  func manyOperands(opType: String, layout: OperandLayout) throws {
    for shapes in [[[2, 3, 4, 5], [3, 1, 1], [2, 3, 4, 5]], [[5], [4, 5], [2, 3, 4, 5], [1]]] {
      var network = NetworkBuilder()
      var operands: [ValueID] = []
      for (index, shape) in shapes.enumerated() { operands.append(try network.operand(shape, layout, "x\(index)")) }
      let y = try network.node("Relu", [try network.node(opType, operands)])
      try expectKernels(network.finished(y, try network.consumed(y, rank: 4)), "\(shapes), \(layout)")
    }
  }

  @Test(arguments: OperandLayout.allCases, [[4, 1, 1], [1], [2, 4, 3, 5], [3, 5], [1, 4, 1, 5]])
  func parametricRelu(layout: OperandLayout, slope: [Int]) throws {
    var network = NetworkBuilder()
    let x = try network.operand([2, 4, 3, 5], layout)
    try expectKernels(network.finished(try network.node("PRelu", [x, try network.weights(slope)])))
  }

  /// Slices of one channel, whose elements are not contiguous.
  @Test func singleChannels() throws {
    var network = NetworkBuilder()
    let x = try network.operand([2, 3, 4, 5], .slice)
    let first = try network.node("Split", [x], ["axis": .int(1)], outputs: 3)
    let second = network.graph.valueIDs.first { $0.index == first.index + 1 }!
    let gate = try network.node("Sigmoid", [first])
    try expectKernels(
      network.finished(gate, try network.node("Mul", [x, gate]), try network.node("Add", [first, second])))
  }
}
