import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// A number that is not finite affects exactly the outputs that read it, whatever else the kernels read and compute.
@Suite struct NonFiniteNumberTests {
  private static let numbers: [Float] = [.nan, .infinity, -.infinity]

  /// Puts one such number at several positions of an input in turn, including the first and the last.
  private func check(
    _ shape: [Int], _ comment: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws {
    var network = NetworkBuilder(opset: 17)
    let x = network.input(Shape(shape))
    let graph = try network.finished(try body(&network, x))
    let count = shape.reduce(1, *)
    var random = SplitMix64(seed: UInt64(count))
    let ordinary = try random.tensor(shape)
    for (turn, place) in [0, count - 1, count / 2, count / 3 + 1].enumerated() {
      var elements = try ordinary.elements(as: Float.self)
      elements[place] = Self.numbers[turn % 3]
      try expectAgreement(
        graph, ["x": try Tensor(shape: shape, elements)], Expectation(referenceSteps: nil),
        "\(comment), \(elements[place]) at \(place)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    // Channels, outputs, kernel, groups, stride, dilation.
    (16, 17, 3, 1, 1, 1), (35, 16, 3, 1, 1, 1), (3, 5, 3, 1, 2, 1), (1, 9, 5, 1, 1, 1), (4, 33, 3, 1, 1, 1),
    (7, 18, 1, 1, 1, 1), (19, 70, 1, 1, 2, 1), (6, 5, 3, 1, 1, 2), (9, 9, 3, 9, 1, 1), (21, 21, 5, 21, 2, 1),
    (12, 18, 3, 3, 1, 1), (6, 12, 3, 6, 1, 1), (17, 1, 3, 1, 1, 1), (20, 40, 7, 20, 2, 1), (32, 32, 3, 8, 1, 2),
    (24, 24, 3, 24, 1, 7), (20, 18, 3, 1, 1, 9),
  ]) func convolutions(channels: Int, outputs: Int, kernel: Int, groups: Int, stride: Int, dilation: Int) throws {
    for (height, width) in [(9, 11), (5, 4), (1, 10), (2, 13)] {
      let pad = Int64(kernel / 2 * dilation)
      try check([2, channels, height, width], "\(channels) \(outputs) \(kernel) \(groups)") { network, x in
        let weights = try network.weights([outputs, channels / groups, kernel, kernel], in: 0.1...1)
        return try network.node(
          "Conv", [x, weights, try network.weights([outputs])],
          [
            "pads": .ints([pad, pad, pad, pad]), "group": .int(Int64(groups)),
            "strides": .ints([Int64(stride), Int64(stride)]), "dilations": .ints([Int64(dilation), Int64(dilation)]),
          ])
      }
    }
  }

  /// With all parts of the epilogue.
  @Test func epilogues() throws {
    for side in [5, 12] {
      try check([1, 17, side, side], "\(side)") { network, x in
        let weights = try network.weights([17, 17, 3, 3], in: 0.1...1)
        let y = try network.node("Conv", [x, weights], ["pads": .ints([1, 1, 1, 1])])
        return try network.node("Relu", [try network.node("Add", [y, x])])
      }
    }
  }

  @Test func transposedConvolutions() throws {
    for (kernel, stride) in [(2, 2), (3, 1), (3, 2), (4, 2), (2, 3)] {
      try check([1, 5, 4, 6], "\(kernel) \(stride)") { network, x in
        try network.node(
          "ConvTranspose", [x, try network.weights([5, 9, kernel, kernel], in: 0.1...1), try network.weights([9])],
          ["strides": .ints([Int64(stride), Int64(stride)])])
      }
    }
  }

  @Test func products() throws {
    for (rows, depth, columns) in [(1, 5, 3), (7, 19, 18), (13, 16, 70), (3, 33, 1)] {
      try check([rows, depth], "\(rows) \(depth) \(columns)") { network, x in
        try network.node("MatMul", [x, try network.weights([depth, columns], in: 0.1...1)])
      }
      try check([rows, depth], "Gemm \(rows) \(depth) \(columns)") { network, x in
        try network.node(
          "Gemm", [x, try network.weights([columns, depth], in: 0.1...1), try network.weights([columns])],
          ["transB": .int(1)])
      }
      // Both operands are inputs of the run. The last columns of the right one do not fill a vector.
      try check([2, depth, columns], "variable \(rows) \(depth) \(columns)") { network, x in
        try network.node("MatMul", [try network.weights([2, rows, depth], in: 0.1...1), x])
      }
      try check([2, rows, depth], "square \(rows) \(depth)") { network, x in
        try network.node("MatMul", [x, try network.node("Transpose", [x], ["perm": .ints([0, 2, 1])])])
      }
    }
  }

  @Test(arguments: ["AveragePool", "MaxPool", "LpPool"]) func pools(name: String) throws {
    for (channels, pads) in [(3, [1, 1, 1, 1]), (19, [0, 1, 2, 0]), (16, [0, 0, 0, 0])] as [(Int, [Int64])] {
      try check([1, channels, 7, 6], "\(name) \(channels) \(pads)") { network, x in
        try network.node(
          name, [x], ["kernel_shape": .ints([3, 3]), "pads": .ints(pads), "strides": .ints([1, 2])])
      }
    }
  }

  /// Sums read the rows that they sum, and no others.
  @Test(arguments: ["Softmax", "GlobalAveragePool", "ReduceMean", "InstanceNormalization", "LayerNormalization", "LRN"])
  func rows(name: String) throws {
    for channels in [3, 19] {
      try check([2, channels, 3, 5], "\(name) \(channels)") { network, x in
        switch name {
        case "Softmax": try network.node(name, [x], ["axis": .int(1)])
        case "ReduceMean": try network.node(name, [x], ["axes": .ints([1, 3])])
        case "InstanceNormalization":
          try network.node(name, [x, try network.weights([channels]), try network.weights([channels])])
        case "LayerNormalization": try network.node(name, [x, try network.weights([5]), try network.weights([5])])
        case "LRN": try network.node(name, [x], ["size": .int(3)])
        default: try network.node(name, [x])
        }
      }
    }
  }

  /// A filter with a number that is not finite affects only its own outputs.
  @Test(arguments: [
    // Channels, kernel, groups.
    (16, 3, 1), (7, 1, 1), (3, 3, 1), (18, 3, 18), (12, 3, 3),
  ]) func filters(channels: Int, kernel: Int, groups: Int) throws {
    for number in Self.numbers {
      var network = NetworkBuilder()
      let x = network.input(Shape([1, channels, 8, 9]))
      let shape = [18, channels / groups, kernel, kernel]
      var weights = try network.random.tensor(shape).elements(as: Float.self)
      // In the sixth filter, and in the last one.
      weights[5 * weights.count / 18 + kernel * kernel / 2] = number
      weights[weights.count - 1] = number
      let y = try network.node(
        "Conv", [x, network.constant(try Tensor(shape: shape, weights))], ["group": .int(Int64(groups))])
      try expectAgreement(
        try network.finished(y), nil, Expectation(scale: 160, referenceSteps: nil), "\(channels) \(kernel) \(number)")
    }
  }

  /// Padding is not multiplied: a weight of ∞ does not give 0 · ∞ at the border.
  @Test(arguments: [
    // Channels, kernel, groups.
    (16, 3, 1), (3, 3, 1), (18, 3, 18), (36, 5, 36), (12, 3, 3), (5, 5, 1),
  ]) func filtersBesidePadding(channels: Int, kernel: Int, groups: Int) throws {
    for (height, width) in [(12, 13), (1, 7), (4, 4)] {
      for number in Self.numbers {
        var network = NetworkBuilder()
        let x = network.input(Shape([1, channels, height, width])), pad = Int64(kernel / 2)
        let outputs = max(groups, 18) / groups * groups, shape = [outputs, channels / groups, kernel, kernel]
        var weights = try network.random.tensor(shape).elements(as: Float.self)
        weights[0] = number
        weights[weights.count - 1] = number
        let y = try network.node(
          "Conv", [x, network.constant(try Tensor(shape: shape, weights))],
          ["group": .int(Int64(groups)), "pads": .ints([pad, pad, pad, pad])])
        try expectAgreement(
          try network.finished(y), nil, Expectation(scale: 160, referenceSteps: nil),
          "\(channels) \(kernel) \(number) \(height) \(width)")
      }
    }
  }

  /// Weights so large that Winograd's transformation would overflow.
  @Test func largeWeights() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 16, 12, 12])
    var weights = try network.random.tensor([16, 16, 3, 3]).elements(as: Float.self)
    weights[40] = 3e38
    let y = try network.node(
      "Conv", [x, network.constant(try Tensor(shape: [16, 16, 3, 3], weights))], ["pads": .ints([1, 1, 1, 1])])
    let graph = try network.finished(y)
    let results = try Session(graph.model).run(try graph.randomInputs())
    let numbers = try #require(results.first).value.elements(as: Float.self)
    let truth = try graph.truth(try graph.randomInputs()).outputs[0].numbers()
    // The first filter contains it.
    #expect(zip(numbers, truth).prefix(144).allSatisfy { abs(Double($0) - $1) <= 1e33 })
    #expect(zip(numbers, truth).dropFirst(144).allSatisfy { abs(Double($0) - $1) <= 1e-4 })
  }
}
