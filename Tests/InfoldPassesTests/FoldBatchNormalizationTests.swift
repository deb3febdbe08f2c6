import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Every fold, compared with the double-precision results of the original network.
@Suite struct FoldBatchNormalizationTests {
  // MARK: Into the operator before

  @Test(arguments: [1, 2, 3]) func foldsIntoAConvolutionOfAnyRank(rank: Int) throws {
    for hasBias in [false, true] {
      var network = NetworkBuilder(seed: UInt64(rank))
      let x = network.input(Shape([2, 3] + Array(repeating: 6, count: rank)))
      let weight = try network.weights([4, 3] + Array(repeating: 3, count: rank))
      let y = try network.node("Conv", [x, weight] + (hasBias ? [network.weights([4])] : []))
      let z = try network.normalization(y, channels: 4)
      try expectFolded(try network.finished(z), operators: ["Conv"])
    }
  }

  @Test func foldsIntoGroupsAndDepthwise() throws {
    for (group, filters) in [(2, 6), (4, 4), (4, 8)] {
      var network = NetworkBuilder(seed: UInt64(filters))
      let x = network.input(["N", 4, 5, 5])
      let y = try network.node(
        "Conv", [x, network.weights([filters, 4 / group, 3, 3])],
        ["group": .int(Int64(group)), "pads": .ints([1, 1, 1, 1]), "strides": .ints([2, 1])])
      try expectFolded(try network.finished(network.normalization(y, channels: filters)), operators: ["Conv"])
    }
  }

  @Test(arguments: [1, 2]) func foldsIntoTransposedConvolution(group: Int) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 5, 5])
    let y = try network.node(
      "ConvTranspose", [x, network.weights([4, 3, 3, 3])],
      ["group": .int(Int64(group)), "strides": .ints([2, 2]), "output_padding": .ints([1, 1])])
    try expectFolded(
      try network.finished(network.normalization(y, channels: 3 * group)), operators: ["ConvTranspose"])
  }

  @Test(arguments: [false, true]) func foldsIntoGemm(transB: Bool) throws {
    for (alpha, beta) in [(1, 1), (0.5, 3), (2, 0)] as [(Float, Float)] {
      for bias in [nil, [5], [1, 5], [1]] as [[Int]?] {
        var network = NetworkBuilder()
        let x = network.input([3, 7])
        let weight = try network.weights(transB ? [5, 7] : [7, 5])
        let y = try network.node(
          "Gemm", [x, weight] + (bias.map { [try network.weights($0)] } ?? []),
          ["alpha": .float(alpha), "beta": .float(beta), "transB": .int(transB ? 1 : 0)])
        try expectFolded(try network.finished(network.normalization(y, channels: 5)), operators: ["Gemm"])
      }
    }
  }

  @Test func foldsIntoGemmWithATransposedInput() throws {
    var network = NetworkBuilder()
    let x = network.input([7, 3])
    let y = try network.node("Gemm", [x, network.weights([7, 5])], ["transA": .int(1)])
    try expectFolded(try network.finished(network.normalization(y, channels: 5)), operators: ["Gemm"])
  }

  @Test func foldsIntoMatMulAndAddsTheShift() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let y = try network.node("MatMul", [x, network.weights([7, 5])])
    try expectFolded(try network.finished(network.normalization(y, channels: 5)), operators: ["MatMul", "Add"])
  }

  @Test func foldsArithmeticBehindABatchedMatMul() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 7])
    var y = try network.node("MatMul", [x, network.weights([7, 5])])
    y = try network.node("Identity", [network.node("Add", [y, network.weights([5])])])
    y = try network.node("Mul", [y, network.weights([5])])
    try expectFolded(try network.finished(y), operators: ["MatMul", "Add", "Identity"])
  }

  /// An Add that is split into two branches must not remain for one of them.
  @Test func splitsAnAddBehindAConcatOfMatMulAndGemm() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let a = try network.node("MatMul", [x, network.weights([7, 4])])
    let b = try network.node("Gemm", [x, network.weights([7, 2])])
    let joined = try network.node("Concat", [a, b], ["axis": .int(1)])
    try expectFolded(
      try network.finished(network.node("Add", [joined, network.weights([6])])),
      operators: ["MatMul", "Add", "Gemm", "Concat"])
  }

  /// Before opset 7, operands are broadcast only if an attribute says so.
  @Test func foldsMatMulAndGemmOfEarlyOpsets() throws {
    var network = NetworkBuilder(opset: 6)
    let x = network.input([1, 7])
    let y = try network.normalization(network.node("MatMul", [x, network.weights([7, 5])]), channels: 5)
    let z = try network.node("Gemm", [network.node("Relu", [y]), network.weights([5, 4]), network.weights([1, 4])])
    let graph = try network.finished(network.normalization(z, channels: 4))
    try expectFolded(graph, operators: ["MatMul", "Add", "Relu", "Gemm"])
  }

  @Test func doesNotReadTheAddendThatABetaOfZeroLeavesOut() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let addend = network.constant(try Tensor(shape: [5], [Float](repeating: .nan, count: 5)))
    let y = try network.node("Gemm", [x, network.weights([7, 5]), addend], ["beta": .float(0)])
    try expectFolded(try network.finished(network.normalization(y, channels: 5)), operators: ["Gemm"])
  }

  /// Initializers are shared, as by PyTorch's exporter.
  @Test func foldsParametersThatAnIdentityHandsOn() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let weight = try network.weights([2, 2, 1, 1])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 2)
    let copy = try network.node("Identity", [weight])
    let z = try network.normalization(network.node("Conv", [y, copy]), channels: 2)
    try expectFolded(try network.finished(z), operators: ["Conv", "Conv"])
  }

  @Test func foldsAChainAndRoundsOnce() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    var y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    for _ in 0..<3 { y = try network.normalization(y, channels: 3) }
    let graph = try network.finished(y)
    let report = try expectFolded(graph, operators: ["Conv"])
    #expect(report.foldedNormalizations == 3)
    let site = try #require(report.sites.first)
    let original = try #require(graph.constant(graph.nodes[0].inputs[1]!)).elements(as: Float.self)
    let folded = try FoldBatchNormalization().fold(graph).graph
    for (element, weight) in try #require(folded.constant(site.weight)).elements(as: Float.self).enumerated() {
      #expect(weight == Float(Double(original[element]) * site.output.scale[element / 2]))
    }
  }

  @Test func foldsBehindIdentityAndDropout() throws {
    for between in ["Identity", "Dropout"] {
      var network = NetworkBuilder()
      let x = network.input([1, 2, 4, 4])
      let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
      let z = try network.normalization(network.node(between, [y]), channels: 3)
      try expectFolded(try network.finished(z), operators: ["Conv", between])
    }
  }

  @Test func foldsBehindADropoutThatIsSwitchedOff() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let ratio = network.constant(try Tensor(scalar: Float(0.5)))
    let off = network.constant(try Tensor(scalar: false))
    let z = try network.normalization(network.node("Dropout", [y, ratio, off]), channels: 3)
    try expectFolded(try network.finished(z), operators: ["Conv", "Dropout"])
  }

  @Test func splitsBehindAConcat() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let a = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let b = try network.normalization(network.node("Conv", [x, network.weights([5, 2, 1, 1])]), channels: 5)
    let joined = try network.node("Concat", [a, b], ["axis": .int(-3)])
    let report = try expectFolded(
      try network.finished(network.normalization(joined, channels: 8)), operators: ["Conv", "Conv", "Concat"])
    #expect(report.sites.count == 2)
    #expect(report.foldedNormalizations == 2)
  }

  @Test(arguments: [[3, 1, 1], [1, 3, 1, 1], [1], []])
  func foldsArithmeticPerChannel(shape: [Int]) throws {
    for operators in [["Mul", "Add"], ["Sub", "Div"], ["Add", "Mul", "Sub"]] {
      for isConstantFirst in [false, true] where !(isConstantFirst && operators.contains("Div")) {
        var network = NetworkBuilder()
        let x = network.input([1, 2, 4, 4])
        var y = try network.node("Conv", [x, network.weights([3, 2, 1, 1]), network.weights([3])])
        for operation in operators {
          let constant = try network.weights(shape, in: 0.5...2)
          y = try network.node(operation, isConstantFirst ? [constant, y] : [y, constant])
        }
        try expectFolded(try network.finished(y), operators: ["Conv"])
      }
    }
  }

  @Test func foldsArithmeticOfEarlyOpsets() throws {
    var network = NetworkBuilder(opset: 6)
    let x = network.input([1, 2, 4, 4])
    var y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    y = try network.node("Mul", [y, network.weights([3])], ["broadcast": .int(1), "axis": .int(1)])
    y = try network.node("Add", [y, network.weights([3])], ["broadcast": .int(1), "axis": .int(1)])
    try expectFolded(try network.finished(y), operators: ["Conv"])
  }

  @Test func foldsParametersFromConstantNodes() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let parameters = try (0..<4).map { _ in
      try network.node("Constant", [], ["value": .tensor(network.random.tensor([3], in: 0.5...2))])
    }
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    try expectFolded(
      try network.finished(network.node("BatchNormalization", [y] + parameters)), operators: ["Conv"])
  }

  @Test func copiesAWeightThatTwoConvolutionsShare() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let weight = try network.weights([2, 2, 1, 1])
    let a = try network.normalization(network.node("Conv", [x, weight]), channels: 2)
    let b = try network.normalization(network.node("Conv", [a, weight]), channels: 2)
    let c = try network.node("Conv", [b, weight])
    try expectFolded(try network.finished(c), operators: ["Conv", "Conv", "Conv"])
  }

  @Test(arguments: [ElementType.float64, .float16, .bfloat16]) func keepsTheWeightsType(_ type: ElementType) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 1, 1])]), channels: 3)
    var graph = try network.finished(y)
    for id in graph.valueIDs {
      graph[id].type?.elementType = type
      if let tensor = graph[id].initializer?.tensor {
        graph[id].initializer = Initializer(try tensor.converted(to: type))
      }
    }
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 1)
    #expect(folded.constant(report.sites[0].weight)?.elementType == type)
    try folded.checkTypes()
  }

  // MARK: Into the operator behind

  @Test func foldsForwardIntoAnUnpaddedConvolution() throws {
    for group in [1, 2] {
      var network = NetworkBuilder()
      let x = network.input([1, 4, 6, 6])
      let y = try network.normalization(network.node("Relu", [x]), channels: 4)
      let z = try network.node(
        "Conv", [y, network.weights([6, 4 / group, 3, 3])], ["group": .int(Int64(group))])
      try expectFolded(try network.finished(z), operators: ["Relu", "Conv"])
    }
  }

  @Test func foldsForwardIntoGemmWithAlphaAndBeta() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 4])
    let y = try network.normalization(x, channels: 4)
    let z = try network.node(
      "Gemm", [y, network.weights([4, 5]), network.weights([5])], ["alpha": .float(0.5), "beta": .float(2)])
    try expectFolded(try network.finished(z), operators: ["Gemm"])
  }

  @Test func foldsForwardIntoPaddingThatStaysZero() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let y = try network.node("Mul", [network.node("Relu", [x]), network.weights([2, 1, 1])])
    let z = try network.node("Conv", [y, network.weights([3, 2, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    try expectFolded(try network.finished(z), operators: ["Relu", "Conv"])
  }

  @Test func foldsForwardIntoPaddingOfNothing() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let y = try network.normalization(x, channels: 2)
    let z = try network.node(
      "Conv", [y, network.weights([3, 2, 1, 1])], ["auto_pad": .string(Array("SAME_UPPER".utf8))])
    try expectFolded(try network.finished(z), operators: ["Conv"])
  }

  @Test func foldsAChainForward() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let y = try network.normalization(network.normalization(x, channels: 2), channels: 2)
    let z = try network.normalization(network.node("Conv", [y, network.weights([3, 2, 3, 3])]), channels: 3)
    let report = try expectFolded(try network.finished(z), operators: ["Conv"])
    #expect(report.foldedNormalizations == 3)
  }

  // MARK: What stays

  @Test func foldingAgainChangesNothing() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let y = try network.normalization(network.node("MatMul", [x, network.weights([7, 5])]), channels: 5)
    let once = try FoldBatchNormalization().fold(try network.finished(y)).graph
    let outcome = try FoldBatchNormalization().fold(once)
    let (twice, report) = (outcome.graph, outcome.report)
    #expect(report.sites.isEmpty)
    #expect(twice.nodes.map(\.name) == once.nodes.map(\.name))
  }

  @Test func keepsTheNamesOfInputsAndOutputs() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 2, 4, 4], "image")
    let y = try network.normalization(
      network.node("Conv", [x, network.weights([3, 2, 1, 1])]), channels: 3, name: "norm")
    let folded = try FoldBatchNormalization().fold(try network.finished(y)).graph
    #expect(folded.inputs.map { folded[$0].name } == ["image"])
    #expect(folded.outputs.map { folded[$0].name } == ["norm.out"])
    #expect(folded[folded.outputs[0]].type == TensorType(.float32, ["N", 3, 4, 4]))
  }
}
