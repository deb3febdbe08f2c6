import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

@Suite struct NormalizationLoweringTests {
  /// As a scale and a shift, and by the definition if means are far from zero.
  @Test(arguments: [[5, 7], [1, 3], [4, 1], [1, 1], [33, 40], [2, 5, 3], [3, 16, 1]], [1, 1000] as [Float])
  func batchNormalization(shape: [Int], mean: Float) throws {
    for activation in ["Relu", "HardSwish", "Neg"] {
      var network = NetworkBuilder(opset: 14)
      let x = try network.node("Tanh", [network.input(Shape(shape))])
      let channels = [shape[1]]
      let parameters = [
        try network.weights(channels, in: 0.5...2), try network.weights(channels),
        try network.weights(channels, in: (mean - 1)...(mean + 1)), try network.weights(channels, in: 0.1...3),
      ]
      let y = try network.node("BatchNormalization", [x] + parameters)
      try expectKernels(
        network.finished(try network.node(activation, [y]), y), opset: 14, "\(shape), \(activation), mean \(mean)")
      try expectKernels(
        network.finished(try network.node(activation, [y])), opset: 14, "\(shape), \(activation), mean \(mean)")
    }
  }

  @Test(arguments: OperandLayout.allCases) func layerNormalization(layout: OperandLayout) throws {
    let cases: [(shape: [Int], axis: Int, scale: [Int])] = [
      ([2, 7, 24], -1, [24]), ([2, 7, 24], -1, [1, 1, 24]), ([2, 3, 5, 9], 2, [5, 9]), ([2, 3, 5, 9], 1, [3, 5, 9]),
      ([4, 33], 1, [33]), ([1, 1, 6], -1, [6]), ([2, 3, 1, 2], -1, [2]), ([1, 4, 2, 2], 2, [2, 2]),
      ([2, 5, 2], -1, [2]),
    ]
    for (shape, axis, scale) in cases {
      for hasShift in [true, false] {
        var network = NetworkBuilder(opset: 17)
        let x = try network.operand(shape, layout)
        var inputs = [x, try network.weights(scale)]
        if hasShift { inputs.append(try network.weights(scale)) }
        let y = try network.node("LayerNormalization", inputs, ["axis": .int(Int64(axis)), "epsilon": .float(1e-3)])
        try expectKernels(
          network.finished(y, try network.consumed(y, rank: shape.count)), opset: 17, tolerance: 1e-5,
          "\(shape) from \(axis), \(layout)")
      }
    }
  }

  @Test(arguments: OperandLayout.allCases) func normalizationByTheRootMeanSquare(layout: OperandLayout) throws {
    let cases: [(shape: [Int], axis: Int, scale: [Int])] = [
      ([2, 7, 24], -1, [24]), ([2, 7, 24], -1, [1, 1, 24]), ([2, 3, 5, 9], 2, [5, 9]), ([4, 33], 1, [33]),
      ([1, 4, 2, 2], 2, [2, 2]),
    ]
    for (shape, axis, scale) in cases {
      var network = NetworkBuilder(opset: 23)
      let x = try network.operand(shape, layout)
      let y = try network.node(
        "RMSNormalization", [x, try network.weights(scale)], ["axis": .int(Int64(axis)), "epsilon": .float(1e-3)])
      try expectKernels(
        network.finished(y, try network.consumed(y, rank: shape.count)), opset: 23, tolerance: 1e-5,
        "\(shape) from \(axis), \(layout)")
    }
  }

  @Test(arguments: OperandLayout.allCases, [nil, "Relu", "HardSwish", "Tanh", "Softsign"])
  func groupNormalization(layout: OperandLayout, activation: String?) throws {
    for (shape, groups) in [
      ([2, 24, 5, 7], 4), ([2, 24, 5, 7], 24), ([1, 6, 9, 4], 1), ([2, 18, 30], 6), ([2, 6, 1, 2], 2),
      ([3, 5, 2, 2], 5),
    ] {
      var network = NetworkBuilder(opset: 21)
      let x = try network.operand(shape, layout)
      let parameters = [try network.weights([shape[1]]), try network.weights([shape[1]])]
      var y = try network.node(
        "GroupNormalization", [x] + parameters, ["num_groups": .int(Int64(groups)), "epsilon": .float(1e-3)])
      if let activation { y = try network.node(activation, [y]) }
      try expectKernels(
        network.finished(y, try network.consumed(y, rank: shape.count)), opset: 21, tolerance: 1e-5,
        "\(shape) in \(groups), \(layout)")
    }
  }

  /// As PyTorch's older exporter writes it: one step, channels-last.
  @Test func groupNormalizationInParts() throws {
    var network = NetworkBuilder()
    let x = try network.operand([2, 12, 5, 7], .channelsLast)
    let split = try network.node("Reshape", [x, network.constant(try .list(0, 4, -1))])
    let ones = network.constant(try Tensor(repeating: Float(1), shape: [4]))
    let zeros = network.constant(try Tensor(zeros: [4], of: .float32))
    let normal = try network.node(
      "Reshape", [try network.node("InstanceNormalization", [split, ones, zeros]), try network.node("Shape", [x])])
    let scaled = try network.node("Mul", [normal, try network.weights([12, 1, 1])])
    let y = try network.node("Add", [scaled, try network.weights([12, 1, 1])])
    let graph = try network.finished(network.node("Mul", [y, network.node("Sigmoid", [y])]))
    try expectKernels(graph, tolerance: 1e-5)
    let session = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)]))
    let steps = try session.plannedSteps(for: ["x": [2, 12, 5, 7]])
    #expect(steps.filter { $0.algorithm == "group normalization" }.map(\.operation) == ["GroupNormalization+Swish"])
    #expect(!steps.contains { $0.operation.hasPrefix("Reshape") })
  }

  @Test(
    arguments: OperandLayout.allCases,
    [
      [2, 24, 5, 7], [1, 3, 9, 4], [2, 17, 30], [2, 6, 1, 2], [1, 17, 2, 1], [3, 5, 2, 2], [1, 4, 1, 1], [2, 4, 1],
      [1, 7, 2],
    ])
  func instanceNormalization(layout: OperandLayout, shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = try network.operand(shape, layout)
    let parameters = [try network.weights([shape[1]]), try network.weights([shape[1]])]
    let y = try network.node("InstanceNormalization", [x] + parameters, ["epsilon": .float(1e-3)])
    try expectKernels(network.finished(y, try network.consumed(y, rank: shape.count)), tolerance: 1e-5)
  }

  @Test(arguments: OperandLayout.allCases, [1, 2, 3, -1, 0.5] as [Float])
  func powers(layout: OperandLayout, exponent: Float) throws {
    for shape in [[2, 5, 3, 4], [2, 1, 4, 4], [3, 4, 5], [7], [2, 5, 1, 2], [1, 4, 2, 1], [1, 3, 1]] {
      var network = NetworkBuilder()
      let x = try network.operand(shape, layout)
      let y = try network.node("Pow", [x, network.constant(try Tensor(scalar: exponent))])
      try expectKernels(network.finished(y, try network.consumed(y, rank: shape.count)), range: 0.5...3)
    }
  }

  /// As exporters write them: the exponent has a different type than the base.
  @Test(arguments: [1, 2, 3, -1] as [Int64]) func integerPowers(exponent: Int64) throws {
    var network = NetworkBuilder()
    let x = network.input([2, 5, 3, 4])
    let y = try network.node("Pow", [x, network.constant(try Tensor(scalar: exponent))])
    try expectKernels(network.finished(y), range: 0.5...3)
  }
}
