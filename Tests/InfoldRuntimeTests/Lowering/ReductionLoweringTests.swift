import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReductionLoweringTests {
  @Test(
    arguments: [
      "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceProd",
      "ReduceLogSumExp",
    ], OperandLayout.allCases)
  func reductions(opType: String, layout: OperandLayout) throws {
    let cases: [(shape: [Int], axes: [Int64])] = [
      ([2, 40, 5, 7], [2, 3]), ([2, 40, 5, 7], [1]), ([2, 40, 5, 7], [3]), ([2, 40, 5, 7], [2]),
      ([2, 40, 5, 7], [1, 2, 3]), ([3, 5, 9], [-1]), ([3, 5, 9], [1]), ([3, 1, 9], [1]), ([1, 4, 6, 6], [0, 2, 3]),
      ([4, 33], [0]), ([4, 33], [1]), ([2, 3, 4, 5, 6], [2, 3]),
      ([2, 12, 5, 7], [0, 2]), ([2, 12, 5, 7], [1, 3]), ([2, 12, 5, 7], [0, 3]), ([3, 1, 4, 5, 6], [0, 2, 4]),
      ([2, 3, 4, 1, 6], [0, 2, 4]), ([2, 5, 1, 2], [2, 3]), ([1, 9, 2, 1], [2]), ([2, 6, 2, 2], [2, 3]),
      ([3, 4, 1, 7], [2, 3]), ([1, 5, 7, 2], [1]), ([1, 3, 1, 1], [2, 3]), ([2, 4, 2], [2]), ([1, 6, 1], [1]),
    ]
    for (shape, axes) in cases {
      for keepsDimensions in [true, false] {
        // In opset 12, all three have the axes as an attribute.
        var network = NetworkBuilder(opset: 12)
        let x = try network.operand(shape, layout)
        let y = try network.node(
          opType, [x], ["axes": .ints(axes), "keepdims": .int(keepsDimensions ? 1 : 0)])
        let rank = shape.count - (keepsDimensions ? 0 : axes.count)
        let graph = try network.finished(y, try network.consumed(y, rank: rank))
        try expectKernels(graph, opset: 12, "\(opType) of \(shape) along \(axes), \(layout)")
      }
    }
  }

  /// Logarithms of sums, of positive numbers.
  @Test func logarithmsOfSums() throws {
    for (shape, axes) in [([2, 40, 5, 7], [2, 3]), ([4, 33], [0]), ([3, 1, 4, 5, 6], [0, 2, 4]), ([1], [0])]
      as [([Int], [Int64])]
    {
      var network = NetworkBuilder(opset: 12)
      let x = network.input(Shape(shape))
      let graph = try network.finished(try network.node("ReduceLogSum", [x], ["axes": .ints(axes)]))
      try expectKernels(graph, opset: 12, range: 0.5...2, "\(shape) along \(axes)")
    }
  }

  /// Sums of powers that are out of range.
  @Test func logarithmsOfSumsOfPowers() throws {
    let rows: [[Float]] = [
      [1e5, 1e5 - 1, -1e5], [-1e5, -1e5], [-.infinity, 3], [-.infinity, -.infinity], [.infinity, 2], [.nan, 1], [3e38],
      [-3e38, -3e38], [.infinity, -.infinity],
    ]
    for row in rows {
      var network = NetworkBuilder(opset: 12)
      let x = network.input([1, .fixed(row.count)], "x")
      let graph = try network.finished(try network.node("ReduceLogSumExp", [x], ["axes": .ints([1])]))
      try expectAgreement(
        graph, ["x": Tensor(shape: [1, row.count], row)], Expectation(tolerance: 1e-6, precisions: [.exact]), "\(row)")
    }
  }

  /// Two maps of one channel, written into their concatenation, as in spatial attention.
  @Test func reductionsIntoAConcatenation() throws {
    var network = NetworkBuilder(opset: 12)
    let x = try network.operand([2, 24, 6, 5], .channelsLast)
    let mean = try network.node("ReduceMean", [x], ["axes": .ints([1])])
    let largest = try network.node("ReduceMax", [x], ["axes": .ints([1])])
    let both = try network.node("Concat", [mean, largest], ["axis": .int(1)])
    try expectKernels(network.finished(try network.consumed(both, rank: 4)), opset: 12)
  }
}
