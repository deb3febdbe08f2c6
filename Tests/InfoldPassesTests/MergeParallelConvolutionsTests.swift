import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Convolutions side by side.
@Suite struct MergeParallelConvolutionsTests {
  /// Expects these operators after the pass on a network with one input, and unchanged results.
  private func expect(
    _ operators: [String], shape: Shape = [2, 6, 7, 8], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder, ValueID) throws -> [ValueID]
  ) throws {
    try InfoldPassesTests.expect(
      operators, after: MergeParallelConvolutions(), shape: shape, sourceLocation: sourceLocation, body)
  }

  /// A convolution of 6 channels.
  private func convolution(
    _ network: inout NetworkBuilder, _ x: ValueID, _ height: Int, _ width: Int, groups: Int = 1, outputs: Int = 6,
    stride: Int = 1, dilation: Int = 1, pads: [Int]? = nil, autoPad: String? = nil, bias: Bool = false
  ) throws -> ValueID {
    var inputs: [ValueID?] = [x, try network.weights([outputs, 6 / groups, height, width])]
    if bias { inputs.append(try network.weights([outputs])) }
    let (y, x) = (Int64(height / 2 * dilation), Int64(width / 2 * dilation))
    var attributes: AttributeList = [
      "group": .int(Int64(groups)), "strides": .ints([Int64(stride), Int64(stride)]),
      "dilations": .ints([Int64(dilation), Int64(dilation)]),
    ]
    if let autoPad {
      attributes["auto_pad"] = .string(Array(autoPad.utf8))
    } else {
      attributes["pads"] = .ints(pads?.map(Int64.init) ?? [y, x, y, x])
    }
    return try network.node("Conv", inputs, attributes)
  }

  private func sum(_ network: inout NetworkBuilder, _ values: [ValueID]) throws -> ValueID {
    try values.dropFirst().reduce(values[0]) { try network.node("Add", [$0, $1]) }
  }

  @Test(arguments: [1, 2, 3, 6]) func branchesOfRepVGG(groups: Int) throws {
    try expect(["Conv", "Relu"]) { network, x in
      let values = [
        try convolution(&network, x, 3, 3, groups: groups, bias: true),
        try convolution(&network, x, 1, 1, groups: groups),
        try network.normalization(x, channels: 6), x,
      ]
      return [try network.node("Relu", [try sum(&network, values)])]
    }
  }

  @Test func anyOrder() throws {
    try expect(["Conv"]) { network, x in
      let wide = try convolution(&network, x, 5, 3), narrow = try convolution(&network, x, 1, 3, bias: true)
      let inner = try network.node("Add", [x, try network.node("Add", [narrow, wide])])
      return [try network.node("Add", [try network.node("Mul", [x, try network.weights([6, 1, 1])]), inner])]
    }
  }

  /// Merged sums are the inputs of the next ones, and remain.
  @Test func oneBehindTheOther() throws {
    try expect(["Conv", "Conv"]) { network, x in
      let first = try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, x, 1, 1)])
      return [try sum(&network, [convolution(&network, first, 3, 3), convolution(&network, first, 1, 1), first])]
    }
  }

  /// The groups of one are subsets of the groups of the other.
  @Test func groupsOfDifferentSizes() throws {
    try expect(["Conv"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3, groups: 2), convolution(&network, x, 3, 3, groups: 6)])]
    }
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3, groups: 2), convolution(&network, x, 3, 3, groups: 3)])]
    }
    // The window of one, and the groups of the other: merged, they would take more work.
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3, groups: 6), convolution(&network, x, 1, 1)])]
    }
  }

  @Test func windowsThatMoveAlike() throws {
    try expect(["Conv"]) { network, x in
      [
        try sum(
          &network,
          [
            convolution(&network, x, 3, 3, outputs: 4, stride: 2),
            convolution(&network, x, 1, 1, outputs: 4, stride: 2, pads: [0, 0, 0, 0]),
          ])
      ]
    }
    // Taps of one window that lie between those of the other.
    try expect(["Conv"]) { network, x in
      [try sum(&network, [convolution(&network, x, 5, 5), convolution(&network, x, 3, 3, dilation: 2)])]
    }
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3, dilation: 2), convolution(&network, x, 3, 3)])]
    }
    // The result has as many positions, but the window is elsewhere.
    try expect(["Conv"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, x, 2, 2, pads: [1, 0, 0, 1])])]
    }
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, x, 3, 3, pads: [2, 1, 0, 1])])]
    }
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 1, 3), convolution(&network, x, 3, 1)])]
    }
  }

  @Test func otherRanksAndTypes() throws {
    try expect(["Conv"], shape: [1, 6, 9]) { network, x in
      let wide = try network.node("Conv", [x, try network.weights([6, 6, 3])], ["pads": .ints([1, 1])])
      return [try sum(&network, [wide, network.node("Conv", [x, try network.weights([6, 6, 1])])])]
    }
    try expect(["Conv"], shape: [1, 6, 4, 5, 3]) { network, x in
      let wide = try network.node(
        "Conv", [x, try network.weights([6, 1, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1, 1, 1]), "group": .int(6)])
      return [try sum(&network, [wide, network.normalization(x, channels: 6), x])]
    }
  }

  @Test func openSizes() throws {
    try expect(["Conv"], shape: ["N", 6, 7, 8]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, x, 1, 1)])]
    }
  }

  @Test func whatIsNoSum() throws {
    // In a sum of a function of a value and the value itself, the value keeps its digits.
    try expect(["Conv", "Add"]) { network, x in [try sum(&network, [convolution(&network, x, 3, 3), x])] }
    // Without a convolution, it becomes a scale and a shift.
    try expect(["BatchNormalization", "Mul", "Add"]) { network, x in
      let a = try network.normalization(x, channels: 6)
      return [try network.node("Add", [a, try network.node("Mul", [x, try network.weights([6, 1, 1])])])]
    }
    // A value with two consumers.
    try expect(["Conv", "Conv", "Add", "Neg"]) { network, x in
      let a = try convolution(&network, x, 3, 3), b = try convolution(&network, x, 1, 1)
      return [try network.node("Add", [a, b]), try network.node("Neg", [a])]
    }
    try expect(["Conv", "Conv", "Add"]) { network, x in
      let a = try convolution(&network, x, 3, 3), b = try convolution(&network, x, 1, 1)
      return [try network.node("Add", [a, b]), b]
    }
    // Two inputs.
    try expect(["Relu", "Conv", "Conv", "Add"]) { network, x in
      let y = try network.node("Relu", [x])
      return [try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, y, 1, 1)])]
    }
    // One result twice.
    try expect(["Conv", "Add"]) { network, x in
      let a = try convolution(&network, x, 3, 3)
      return [try network.node("Add", [a, a])]
    }
    // Padding that depends on the input's size.
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [
        try sum(
          &network,
          [
            convolution(&network, x, 3, 3, stride: 2, autoPad: "SAME_UPPER"),
            convolution(&network, x, 1, 1, stride: 2, pads: [0, 0, 0, 0]),
          ])
      ]
    }
    // Channels that the addition broadcasts.
    try expect(["Conv", "Conv", "Add"]) { network, x in
      [try sum(&network, [convolution(&network, x, 3, 3), convolution(&network, x, 1, 1, outputs: 1)])]
    }
  }

  /// Weights whose sum exceeds the range of float.
  @Test func sumsOutOfRange() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 1, 2, 2])
    let large = network.constant(try Tensor(shape: [1, 1, 1, 1], [Float(3e38)]))
    let values = [try network.node("Conv", [x, large]), try network.node("Conv", [x, large])]
    let graph = try network.finished([try network.node("Add", [values[0], values[1]])])
    #expect(try MergeParallelConvolutions().run(on: graph).changes.isEmpty)
  }

  /// The time for a sum of very many branches does not grow quadratically.
  @Test func manyBranches() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 3, 3])
    let weight = try network.weights([2, 2, 1, 1])
    let values = try (0..<500).map { _ in try network.node("Conv", [x, weight]) }
    let graph = try network.finished([try sum(&network, values)])
    let rewritten = try MergeParallelConvolutions().run(on: graph).graph
    #expect(rewritten.nodes.count < graph.nodes.count)
    let inputs = try graph.randomInputs()
    let expected = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    let results = try ReferenceEvaluator(rewritten, precision: .double).run(inputs)
    #expect(try relativeError(results[0], expected[0]) < 3e-7)
  }
}
