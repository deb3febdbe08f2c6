import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Batch normalizations that are not folded: as a scale and a shift where that is accurate enough, otherwise by their definition.
@Suite struct NormalizationToScaleShiftTests {
  private struct Case {
    var gamma: [Double] = [1.5, -0.5]
    var beta: [Double] = [0.5, -1]
    var mean: [Double] = [0.25, -2]
    var variance: [Double] = [2, 0.5]
    var epsilon: Float = 1e-5
  }

  private func graph(_ type: ElementType, _ parameters: Case, opset: Int = 15) throws -> Graph {
    var network = NetworkBuilder(opset: opset)
    let x = network.input([2, 2, 3, 4], of: type)
    let inputs = try [parameters.gamma, parameters.beta, parameters.mean, parameters.variance].map {
      network.constant(try Tensor(shape: [2], $0).converted(to: type))
    }
    let y = try network.node("BatchNormalization", [x] + inputs, ["epsilon": .float(parameters.epsilon)])
    return try network.finished(y)
  }

  /// Expects these operators, and the results of the model in double precision, up to rounding to the type.
  private func expect(
    _ operators: [String], _ type: ElementType, _ parameters: Case, _ x: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let graph = try graph(type, parameters)
    let rewritten = try NormalizationToScaleShift().run(on: graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let numbers = (0..<48).map { x[$0 % x.count] }
    let inputs = [graph.inputs[0]: try Tensor(shape: [2, 2, 3, 4], numbers).converted(to: type)]
    let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)[0].numbers()
    let unit = [ElementType.float16: 0x1p-10, .bfloat16: 0x1p-7, .float32: 0x1p-20, .float64: 0x1p-48][type]!
    for result in [try ReferenceEvaluator(rewritten).run(inputs)[0]] {
      #expect(result.elementType == type)
      for (a, b) in zip(try result.numbers(), truth) {
        // Results that exceed the range of the type are infinite.
        let agrees =
          a == b || a.isNaN && b.isNaN || abs(a - b) <= unit * (1 + abs(b))
          || a.isInfinite && abs(b) > 65504 && a.sign == b.sign && type == .float16
        #expect(agrees, "\(a), right is \(b)", sourceLocation: sourceLocation)
      }
    }
  }

  private static let types: [ElementType] = [.float16, .bfloat16, .float32, .float64]

  @Test(arguments: types) func usualParameters(type: ElementType) throws {
    try expect(["ScaleShift"], type, Case(), [0, 1, -1, 2.5, -3])
  }

  @Test(arguments: types) func scaleAndShiftHaveAtLeastSinglePrecision(type: ElementType) throws {
    let rewritten = try NormalizationToScaleShift().run(on: try graph(type, Case())).graph
    let wide = type == .float64 ? type : .float32
    #expect(rewritten.nodes[0].inputs[1...].map { rewritten[$0!].type?.elementType } == [wide, wide])
  }

  /// A mean of 10 with a deviation of 0.01, and a variance of 0 after a Relu: float16 cannot represent the shift.
  @Test(arguments: types) func largeMeans(type: ElementType) throws {
    try expect(
      ["ChannelNormalization"], type, Case(mean: [10, 10], variance: [1e-4, 1e-4]), [10, 9.98, 10.02, 10.01])
    try expect(["ChannelNormalization"], type, Case(mean: [300, 300], variance: [0, 0]), [300, 0, 299])
  }

  /// Scales that exceed the range of float32, or have few digits in it.
  @Test func extremeScales() throws {
    try expect(
      ["ChannelNormalization"], .float32, Case(gamma: [1e20, 1], variance: [1e-38, 1], epsilon: 1e-38), [1e-25, 0])
    try expect(
      ["ChannelNormalization"], .float32, Case(gamma: [1e-30, 1], mean: [0, 0], variance: [1e30, 1]), [1e38, 0])
    try expect(["ScaleShift"], .float32, Case(gamma: [0, 1]), [1, 2, 3])
  }

  /// σ² + ε is zero or negative: infinities and NaN as in the definition.
  @Test(arguments: types) func noVariance(type: ElementType) throws {
    for gamma in [1.0, -1, 0] {
      for x in [[0.25, 1, -1], [2, 3], [-.infinity, 0.25, .infinity]] {
        try expect(
          ["ChannelNormalization"], type, Case(gamma: [gamma, 1], variance: [0, 1], epsilon: 0), x)
      }
    }
    try expect(["ChannelNormalization"], type, Case(variance: [-1, 1]), [0, 1])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func parametersThatAreNotFinite(value: Double) throws {
    let x = [0.5, .infinity, -3]
    try expect(["ChannelNormalization"], .float32, Case(gamma: [value, 1]), x)
    try expect(["ChannelNormalization"], .float32, Case(beta: [value, 1]), x)
    try expect(["ChannelNormalization"], .float32, Case(mean: [value, 1]), x)
  }

  /// Parameters that are known only at run time.
  @Test(arguments: types) func parametersThatAreInputs(type: ElementType) throws {
    var network = NetworkBuilder(opset: 15)
    let x = network.input([2, 2, 3], of: type)
    let parameters = ["gamma", "beta", "mean", "variance"].map { network.input([2], $0, of: type) }
    let graph = try network.finished(try network.node("BatchNormalization", [x] + parameters))
    let rewritten = try NormalizationToScaleShift().run(on: graph).graph
    #expect(rewritten.nodes.map(\.opType) == ["InverseDeviation", "ChannelNormalization"])
    try rewritten.checkTypes()
    func tensor(_ shape: [Int], _ numbers: [Double]) throws -> Tensor {
      try Tensor(shape: shape, numbers).converted(to: type)
    }
    let tensors = try [
      tensor([2, 2, 3], [10, 9.98, 10.02, 1, 2, 3, 10, 10, 10, -1, 0, 1]), tensor([2], [1, 2]), tensor([2], [0.5, 1]),
      tensor([2], [10, 1]), tensor([2], [1e-4, 1]),
    ]
    let inputs = Dictionary(uniqueKeysWithValues: zip(graph.inputs, tensors))
    let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)[0].numbers()
    let result = try ReferenceEvaluator(rewritten).run(inputs)[0]
    #expect(result.elementType == type)
    let unit = [ElementType.float16: 0x1p-10, .bfloat16: 0x1p-7, .float32: 0x1p-20, .float64: 0x1p-48][type]!
    for (a, b) in zip(try result.numbers(), truth) { #expect(abs(a - b) <= unit * (1 + abs(b))) }
  }
}
