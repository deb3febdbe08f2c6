import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// NaN, infinities and both zeros in every kernel that compares or divides.
@Suite struct SpecialValueTests {
  /// Numbers with special values among them, in every position of a vector.
  private func numbers(_ shape: [Int], seed: UInt64 = 1) throws -> Tensor {
    var random = SplitMix64(seed: seed)
    let specials: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, -.nan, 3, -3]
    return try random.tensor(shape, in: -2...2).mapped { (x: Float) in
      random.oneIn(5) ? random.pick(specials) : x
    }
  }

  private func check(
    _ shape: [Int], _ comment: String = "", scale: Double = 4, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws {
    for isChannelsLast in [false, true] {
      var network = NetworkBuilder(opset: 13)
      let x = network.input(Shape(isChannelsLast ? [shape[0], shape[2], shape[3], shape[1]] : shape))
      let y = isChannelsLast ? try network.node("Transpose", [x], ["perm": .ints([0, 3, 1, 2])]) : x
      let graph = try network.finished(try body(&network, y))
      for seed in 0..<4 as Range<UInt64> {
        let sizes = try #require(graph[x].type?.shape?.sizes)
        try expectAgreement(
          graph, ["x": try numbers(sizes, seed: seed)], Expectation(scale: scale, referenceSteps: nil), comment,
          sourceLocation: sourceLocation)
      }
    }
  }

  private static let shape = [2, 19, 3, 5]

  @Test(arguments: [
    "Relu", "LeakyRelu", "Abs", "Neg", "Floor", "Ceil", "Round", "Sigmoid", "Tanh", "Exp", "Sqrt", "Reciprocal", "Erf",
    "Log", "Elu", "Selu", "HardSigmoid", "Softplus", "Softsign",
  ]) func functions(name: String) throws {
    try check(Self.shape, name) { network, x in try network.node(name, [x]) }
  }

  /// The sign of a zero determines the sign of its reciprocal.
  @Test(arguments: [
    "LeakyRelu", "Abs", "Neg", "Floor", "Ceil", "Round", "Tanh", "Sqrt", "Erf", "Elu", "Softsign", "Identity",
  ]) func signsOfZeros(name: String) throws {
    for zero in [0, -0.0] as [Float] {
      var network = NetworkBuilder(opset: 13)
      let x = network.input([1, 2, 3, 3])
      let graph = try network.finished(try network.node("Reciprocal", [try network.node(name, [x])]))
      let inputs = ["x": try Tensor(repeating: zero, shape: [1, 2, 3, 3])]
      let truth = try graph.truth(inputs).outputs[0].numbers()
      #expect(truth.allSatisfy { $0.isInfinite })
      let result = try #require(try Session(graph.model).run(inputs).first).value
      #expect(try result.numbers() == truth, "\(name) \(zero)")
    }
  }

  /// Elements with a weight of zero are not read, and so do not propagate.
  @Test(
    arguments: ["asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel"],
    [[2, 3], [1, 2], [2, 1], [0.6, 1.7], [1, 1]] as [[Float]])
  func resizing(transformation: String, scales: [Float]) throws {
    for mode in ["linear", "nearest", "cubic"] {
      try check(Self.shape, "\(mode) \(transformation) \(scales)") { network, x in
        try network.node(
          "Resize", [x, nil, network.constant(try Tensor(shape: [4], [1, 1] + scales))],
          [
            "mode": .string(Array(mode.utf8)), "coordinate_transformation_mode": .string(Array(transformation.utf8)),
          ])
      }
    }
  }

  /// Zeros stay zeros if alpha is not finite, also after a convolution; but those of Selu become NaN.
  @Test(arguments: ["LeakyRelu", "Elu", "Selu"], [.infinity, -.infinity, .nan, 1e30] as [Float])
  func alphas(name: String, alpha: Float) throws {
    try check(Self.shape, "\(name) \(alpha)", scale: alpha.isFinite ? 1e31 : 4) { network, x in
      try network.node(name, [x], ["alpha": .float(alpha)])
    }
    try check([1, 3, 4, 4], "\(name) \(alpha) behind a convolution", scale: alpha.isFinite ? 1e31 : 4) { network, x in
      // The weights select channels, so that sums are exact.
      let one = network.constant(try Tensor(shape: [3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1] as [Float]))
      let finite = try network.node("Clip", [x, try constant(-0.0, &network), try constant(0, &network)])
      return try network.node(name, [try network.node("Conv", [finite, one])], ["alpha": .float(alpha)])
    }
  }

  /// A lower bound above the upper bound gives the upper bound; NaN and infinite bounds have no effect.
  @Test(
    arguments: [
      (-1, 1), (1, -1), (0, 0), (-.infinity, 0.5), (.infinity, -.infinity), (.nan, 1), (-1, .nan), (0, .infinity),
    ] as [(Float, Float)])
  func clips(bounds: (Float, Float)) throws {
    try check(Self.shape, "\(bounds)") { network, x in
      let low = network.constant(try Tensor(scalar: bounds.0)), high = network.constant(try Tensor(scalar: bounds.1))
      return try network.node("Clip", [x, low, high])
    }
    // The same after a convolution, an addition and a product.
    try check(Self.shape, "\(bounds)", scale: 20) { network, x in
      let low = network.constant(try Tensor(scalar: bounds.0)), high = network.constant(try Tensor(scalar: bounds.1))
      let finite = try network.node("Clip", [x, try constant(-2, &network), try constant(2, &network)])
      let y = try network.node("Conv", [finite, try network.weights([7, 19, 1, 1], in: -0.3...0.3)])
      let a = try network.node("Clip", [y, low, high])
      let b = try network.node("Clip", [try network.node("Add", [a, try constant(0.5, &network)]), low, high])
      return try network.node("Clip", [try network.node("Mul", [b, try network.weights([7, 1, 1])]), low, high])
    }
  }

  private func constant(_ number: Float, _ network: inout NetworkBuilder) throws -> ValueID {
    network.constant(try Tensor(scalar: number))
  }

  @Test(arguments: ["MaxPool", "AveragePool"]) func pools(name: String) throws {
    for pads in [[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]] as [[Int64]] {
      try check(Self.shape, "\(pads)") { network, x in
        try network.node(name, [x], ["kernel_shape": .ints([2, 3]), "pads": .ints(pads)])
      }
    }
  }

  @Test(arguments: ["GlobalMaxPool", "GlobalAveragePool"]) func globalPools(name: String) throws {
    for shape in [Self.shape, [1, 40, 1, 1], [3, 5, 1, 1]] {
      try check(shape) { network, x in try network.node(name, [x]) }
    }
  }

  @Test(arguments: ["Softmax", "LogSoftmax"], [1, 3] as [Int64]) func softmax(name: String, axis: Int64) throws {
    for shape in [Self.shape, [2, 3, 4, 40]] {
      try check(shape) { network, x in try network.node(name, [x], ["axis": .int(axis)]) }
    }
  }

  @Test(arguments: ["Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu"]) func operandsOfTwo(name: String) throws {
    for other in [Self.shape, [19, 1, 1], [5], []] {
      try check(Self.shape, "\(other)", scale: 100) { network, x in
        try network.node(name, [x, network.constant(try numbers(other, seed: 77))])
      }
    }
  }

  /// A NaN in the input affects every output whose window contains it, and no others.
  @Test func convolutions() throws {
    for (kernel, channels) in [(1, 19), (3, 19), (3, 3), (3, 1)] {
      for precision in SessionOptions.Precision.allCases {
        var network = NetworkBuilder()
        let x = network.input([1, .fixed(channels), 9, 9])
        let weights = try network.weights([5, channels, kernel, kernel], in: 0.5...1)
        let graph = try network.finished(
          try network.node("Relu", [try network.node("Conv", [x, weights], ["strides": .ints([2, 2])])]))
        var input = try network.random.tensor([1, channels, 9, 9])
        try input.withMutableSpan(as: Float.self) { $0[40] = .nan }
        try expectAgreement(graph, ["x": input], Expectation(scale: 200, precisions: [precision]))
      }
    }
  }
}

extension SpecialValueTests {
  @Test(arguments: [0.5, 1, 2, 3, -1] as [Float]) func powers(exponent: Float) throws {
    try check(Self.shape, "\(exponent)") { network, x in
      try network.node("Pow", [x, network.constant(try Tensor(scalar: exponent))])
    }
    for (base, root) in [(-Float.infinity, Float.infinity), (-0.0, 0), (.infinity, .infinity), (4, 2)] {
      var network = NetworkBuilder(opset: 13)
      let x = network.input([1, 1, 1, 1])
      let graph = try network.finished(
        try network.node("Pow", [x, network.constant(try Tensor(scalar: 0.5 as Float))]))
      let results = try Session(graph.model).run(["x": try Tensor(repeating: base, shape: [1, 1, 1, 1])])
      let result = try #require(results.first).value.elements(as: Float.self)
      #expect(result.map(\.bitPattern) == [root.bitPattern], "√\(base)")
    }
  }
}
