import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Batch normalizations that exporters leave after convolutions with quantized weights.
@Suite struct FoldIntoQuantizedWeightsTests {
  /// A convolution with quantized weights, followed by a normalization.
  private func graph(
    scale: [Float] = [1.5, -0.7, 0.2, 1], weights: [Int8]? = nil, hasBias: Bool = true
  ) throws -> Graph {
    var network = NetworkBuilder(seed: 12)
    let x = try network.rounded(network.input([2, 3, 5, 4]), scale: 0.01, zeroPoint: 120)
    var inputs = [x]
    if let weights {
      inputs.append(
        try network.dequantized(
          network.constant(Tensor(shape: [4, 3, 1, 1], weights)), scale: 0.01, zeroPoint: 0, of: .int8))
    } else {
      inputs.append(try network.quantizedWeights([4, 3, 2, 2]))
    }
    if hasBias { inputs.append(try network.weights([4])) }
    let y = try network.node("Conv", inputs)
    let parameters = [
      network.constant(try Tensor(shape: [4], scale)), try network.weights([4]), try network.weights([4]),
      try network.weights([4], in: 0.5...2),
    ]
    return try network.finished(try network.node("BatchNormalization", [y] + parameters))
  }

  @Test(arguments: [true, false]) func staysWhatItIs(hasBias: Bool) throws {
    let graph = try graph(hasBias: hasBias)
    let result = try FoldIntoQuantizedWeights().run(on: graph)
    #expect(result.changes.count == 1 && result.refusals.isEmpty)
    let folded = try RemoveDeadCode().run(on: result.graph).graph
    #expect(!folded.nodes.contains { $0.opType == "BatchNormalization" })
    try folded.checkTypes()
    let inputs = try graph.randomInputs()
    let before: [Double] = try ReferenceEvaluator(graph, precision: .double).run(inputs)[0].elements()
    let after: [Double] = try ReferenceEvaluator(folded, precision: .double).run(inputs)[0].elements()
    // The bias is rounded to multiples of the product of two scales, and the scales to float32.
    #expect(zip(before, after).allSatisfy { abs($0 - $1) < 2e-4 })
  }

  /// Exporters that write scales and weights as nodes.
  @Test func constantsOfNodes() throws {
    let graph = try graph()
    var written = graph
    let constants = try graph.valueIDs.compactMap { id throws -> Node? in
      guard let tensor = graph.constant(id) else { return nil }
      written[id].initializer = nil
      return try Node(
        opType: "Constant", opsetVersion: 13, attributes: ["value": .tensor(tensor)], inputs: [], outputs: [id])
    }
    written.replaceNodes(constants + graph.nodes)
    let outcomes = try [graph, written].map { try FoldBatchNormalization().fold($0) }
    #expect(outcomes.allSatisfy { $0.report.scaledQuantizations.count == 1 && $0.report.foldedNormalizations == 1 })
    let inputs = try graph.randomInputs()
    #expect(
      try ReferenceEvaluator(outcomes[1].graph).run(inputs) == ReferenceEvaluator(outcomes[0].graph).run(inputs))
  }

  @Test func refusals() throws {
    // A channel without a scale, and a weight that cannot be negated.
    for graph in [
      try graph(scale: [1, 0, 1, 1]),
      try graph(scale: [-1, 1, 1, 1], weights: [-128, 1, 2] + Array(repeating: 3, count: 9)),
    ] {
      let result = try FoldIntoQuantizedWeights().run(on: graph)
      #expect(result.changes.isEmpty && result.refusals.count == 1)
      #expect(result.graph.nodes.contains { $0.opType == "BatchNormalization" })
    }
    // The same weight with the opposite sign.
    let kept = try FoldIntoQuantizedWeights().run(
      on: graph(scale: [1, 1, 1, 1], weights: [-128, 1, 2] + Array(repeating: 3, count: 9)))
    #expect(kept.changes.count == 1)
  }

  @Test func isRecognizedThen() throws {
    var graph = try graph()
    let y = graph.outputs[0]
    let parameters = [
      graph.addConstant("scale of y", try Tensor(scalar: Float(0.02))),
      graph.addConstant("zero of y", try Tensor(scalar: UInt8(100))),
    ]
    let bytes = graph.add(Value(name: "bytes"))
    graph.add(try Node(opType: "QuantizeLinear", opsetVersion: 13, inputs: [y] + parameters, outputs: [bytes]))
    graph.outputs = [bytes]
    try graph.sort()
    try graph.inferTypes()
    let optimized = try OptimizationPipeline().run(on: graph)
    #expect(optimized.nodes.map(\.opType) == ["QuantizeLinear", "QLinearConv"])
    let inputs = try graph.randomInputs()
    let before: [UInt8] = try ReferenceEvaluator(graph).run(inputs)[0].elements()
    let after: [UInt8] = try ReferenceEvaluator(optimized).run(inputs)[0].elements()
    #expect(zip(before, after).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    #expect(zip(before, after).count { $0 != $1 } < 5)
  }
}
