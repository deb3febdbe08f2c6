import InfoldGraph
import InfoldONNX
import InfoldQuantization
import InfoldRuntime
import TestSupport
import Testing

/// Whole networks, quantized and run.
@Suite struct QuantizerTests {
  /// A network with everything that is quantized, and something that is not.
  private func network(opset: Int = 13) throws -> Model {
    var network = NetworkBuilder(opset: opset, seed: 4)
    let x = network.input([1, 3, 16, 16])
    let stem = try network.node(
      "Conv", [x, network.weights([8, 3, 3, 3]), network.weights([8])], ["pads": .ints([1, 1, 1, 1])], name: "stem")
    let normalized = try network.normalization(stem, channels: 8)
    let active = try network.node("Relu", [normalized])
    let pooled = try network.node("MaxPool", [active], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    let left = try network.node(
      "Conv", [pooled, network.weights([8, 1, 3, 3])], ["pads": .ints([1, 1, 1, 1]), "group": .int(8)])
    let sum = try network.node("Add", [left, pooled])
    let gated = try network.node("Mul", [sum, try network.node("Sigmoid", [sum])])
    let both = try network.node("Concat", [gated, pooled], ["axis": .int(1)])
    let mean = try network.node("GlobalAveragePool", [both])
    let flat = try network.node("Flatten", [mean])
    let scores = try network.node("Gemm", [flat, network.weights([16, 5]), network.weights([5])], name: "scores")
    let dropped = try network.node("Dropout", [scores])
    let y = try network.node("Softmax", [dropped], opset < 13 ? ["axis": .int(1)] : ["axis": .int(-1)])
    var model = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: opset)])
    model.irVersion = 8
    return model
  }

  private func samples(_ count: Int) throws -> [[String: Tensor]] {
    var random = SplitMix64(seed: 6)
    return try (0..<count).map { _ in ["x": try random.tensor([1, 3, 16, 16])] }
  }

  private func quantized(
    _ model: Model, _ options: QuantizationOptions = QuantizationOptions(), count: Int = 8
  ) throws -> (model: Model, report: QuantizationReport) {
    let samples = try samples(count)
    return try Quantizer(model, options: options).quantize(sampleCount: count) { samples[$0] }
  }

  @Test(arguments: [9, 13], [QuantizationOptions.Method.minMax, .percentile(99.9)])
  func agreesWithFloats(opset: Int, method: QuantizationOptions.Method) throws {
    let original = try network(opset: opset)
    let (model, report) = try quantized(original, QuantizationOptions(method: method))
    // Written and read again, it is a model of version 13.
    let read = try Model(bytes: try model.serialized())
    #expect(read.opsetImports == [Model.OpsetImport(version: 13)])
    let floats = try Session(original), bytes = try Session(read)
    let name = floats.outputs[0].name
    for sample in try samples(8) {
      let a: [Float] = try floats.run(sample)[name]!.elements(), b: [Float] = try bytes.run(sample)[name]!.elements()
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 0.05 })
      #expect(a != b)
    }
    #expect(report.samples == 8 && report.agreeing >= 7)
    #expect(report.quantizedNodes == 8)
    #expect(report.values.allSatisfy { $0.signalToNoise ?? 0 > 15 })
    #expect(report.weights.count == 3 && report.weights.allSatisfy { $0.signalToNoise ?? 0 > 30 })
  }

  @Test func runsByByteKernels() throws {
    let session = try Session(try quantized(try network()).model)
    let layers = try session.layerTimes(try samples(1)[0], runs: 1)
    #expect(layers.allSatisfy { $0.algorithm != "reference" })
    #expect(layers.count { $0.operation == "QLinearConv" && $0.algorithm.hasPrefix("int8") } == 2)
    #expect(layers.count { $0.operation.hasPrefix("QLinear") && $0.algorithm == "int8 product" } == 1)
  }

  @Test func activationsThatBoundNothingGo() throws {
    let model = try quantized(try network()).model
    #expect(!model.graph.nodes.contains { $0.opType == "Relu" })
    #expect(model.graph.nodes.contains { $0.opType == "Sigmoid" })
    // What hands numbers on has the scale of its input.
    let pool = try #require(model.graph.nodes.first { $0.opType == "MaxPool" })
    let producers = model.graph.producers(), consumers = model.graph.consumers()
    let source = model.graph[try #require(producers[pool.inputs[0]!.index])]
    let sink = model.graph[consumers[pool.outputs[0]!.index][0]]
    #expect(source.opType == "DequantizeLinear" && sink.opType == "QuantizeLinear")
    #expect(source.inputs[1] == sink.inputs[1] && source.inputs[2] == sink.inputs[2])
  }

  @Test func excludedNodesStay() throws {
    let (model, report) = try quantized(try network(), QuantizationOptions(excluded: ["scores"]))
    let gemm = try #require(model.graph.nodes.first { $0.opType == "Gemm" })
    #expect(model.graph.constant(gemm.inputs[1]!)?.elementType == .float32)
    #expect(report.weights.count == 2)
    #expect(
      try errorCode { _ = try Quantizer(try network(), options: QuantizationOptions(excluded: ["none"])) }
        == .invalidArgument)
  }

  @Test func refusals() throws {
    // A model that is quantized already, one with nothing to quantize, numbers that are not finite.
    let model = try quantized(try network()).model
    #expect(try errorCode { _ = try Quantizer(model) } == .invalidArgument)
    var network = NetworkBuilder()
    let y = try network.node("Sigmoid", [network.input([2])])
    let other = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 13)])
    #expect(try errorCode { _ = try Quantizer(other) } == .invalidArgument)
    let broken = try Tensor(shape: [1, 3, 16, 16], [Float](repeating: .nan, count: 768))
    let quantizer = try Quantizer(try self.network())
    #expect(
      try errorCode { _ = try quantizer.quantize(sampleCount: 1) { _ in ["x": broken] } } == .invalidArgument)
  }

  /// A Softmax over several axes at once means something else since version 13.
  @Test func operatorsOfAnotherForm() throws {
    var network = NetworkBuilder(opset: 9)
    let x = network.input([1, 3, 4, 4])
    let y = try network.node(
      "Softmax", [try network.node("Conv", [x, network.weights([4, 3, 1, 1])])], ["axis": .int(1)])
    let model = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 9)])
    #expect(try errorCode { _ = try Quantizer(model) } == .unsupported)
  }

  /// Channels of zeros, constant values, and biases that are large beside their weights.
  @Test func extremeWeights() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 3, 3])
    let weights: [Float] = [0, 0, 1e-20, -1e-20, 3, -2]
    let biases: [Float] = [0, 100, -5]
    let y = try network.node(
      "Conv",
      [
        x, network.constant(try Tensor(shape: [3, 2, 1, 1], weights)), network.constant(try Tensor(shape: [3], biases)),
      ])
    let model = Model(graph: try network.finished(y), opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 1)
    let sample = ["x": try random.tensor([1, 2, 3, 3])]
    let quantized = try Quantizer(model).quantize(sampleCount: 1) { _ in sample }.model
    let name = model.graph[y].name
    let a: [Float] = try Session(model).run(sample)[name]!.elements()
    let b: [Float] = try Session(quantized).run(sample)[name]!.elements()
    // A step of the range from about −10 to 100.
    #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 0.5 })
    let zeros = ["x": try Tensor(zeros: [1, 2, 3, 3], of: .float32)]
    _ = try Quantizer(model).quantize(sampleCount: 1) { _ in zeros }
  }
}
