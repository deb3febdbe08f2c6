import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct StaticQuantizerTests {
  private func quantize(
    _ network: inout NetworkBuilder, _ outputs: ValueID..., samples: [Tensor], excluding excluded: Set<String> = [],
    opset: Int = 13
  ) throws -> (network: QuantizedNetwork, comparison: QuantizationComparison, quantizer: StaticQuantizer) {
    let model = Model(
      graph: try network.finished(outputs), irVersion: 8, opsetImports: [Model.OpsetImport(version: opset)])
    let quantizer = try StaticQuantizer(
      model, options: QuantizationOptions(excluded: excluded), session: SessionOptions(threads: 1))
    let sample: SampleSource = { (index) throws(InfoldError) in ["x": samples[index]] }
    let quantized = try quantizer.quantize(count: samples.count, sample: sample)
    let comparison = try quantizer.compare(quantized, count: samples.count, sample: sample)
    return (quantized, comparison, quantizer)
  }

  private func opTypes(_ network: QuantizedNetwork) -> [String] { network.model.graph.nodes.map(\.opType) }

  private func tensor(_ name: String, _ network: QuantizedNetwork) throws -> Tensor {
    let graph = network.model.graph
    return try #require(graph.value(named: name).flatMap(graph.constant))
  }

  @Test func writesScalesOfAConvolution() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 1, 1, 2])
    let w = network.constant(try Tensor(shape: [3, 1, 1, 1], [1, -0.5, 0] as [Float]), "w")
    let b = network.constant(try Tensor(shape: [3], [0.25, -0.125, 4] as [Float]), "b")
    let y = try network.node("Relu", [network.node("Conv", [x, w, b], name: "conv")], name: "relu")
    let samples = [try Tensor(shape: [1, 1, 1, 2], [-1, 1.55] as [Float])]
    let (quantized, comparison, _) = try quantize(&network, y, samples: samples)
    // The Relu is removed: its bound 0 is the lower end of the range.
    #expect(
      opTypes(quantized) == [
        "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear",
        "DequantizeLinear",
      ])
    #expect(try tensor("w_quantized", quantized) == Tensor(shape: [3, 1, 1, 1], [127, -127, 0] as [Int8]))
    let scales: [Float] = try tensor("w_quantized_scale", quantized).elements()
    #expect(scales[0] == 1 / 127 && scales[1] == 0.5 / 127)
    let step: [Float] = try tensor("x_scale", quantized).elements()
    #expect(step == [0.01])
    #expect(try tensor("x_zero_point", quantized) == Tensor(scalar: 100 as UInt8))
    let steps: [Float] = try tensor("b_quantized_scale", quantized).elements()
    #expect(zip(steps, scales).allSatisfy { $0 == $1 * step[0] })
    let integers: [Int32] = try tensor("b_quantized", quantized).elements()
    let biases: [Float] = [0.25, -0.125, 4]
    for index in 0..<3 {
      let error = Float(integers[index]) * steps[index] - biases[index]
      #expect(abs(error) < 1e-4)
    }
    #expect("\(quantized)" == "2 values and 3 weights quantized; \(quantized.model)")
    #expect("\(quantized.activations[0])" == "\"x\" from -1 to 1.55: (number − 100) · 0.01")
    #expect("\(quantized.weights[0])".hasPrefix("\(quantized.weights[0].node): 3 weights, "))
    #expect("\(comparison)".hasPrefix("output \"relu.out\": ") && "\(comparison)".hasSuffix(" dB for sample 0"))
    // The output keeps its name, and the channel without weights keeps its bias.
    #expect(quantized.model.graph.outputs.map { quantized.model.graph[$0].name } == ["relu.out"])
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 35)
  }

  @Test func reachesTheQuantizedOperators() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let a = try network.node(
      "Relu", [network.normalization(network.node("Conv", [x, network.weights([4, 3, 3, 3])]), channels: 4)])
    let b = try network.node("Conv", [a, network.weights([4, 4, 1, 1])])
    let sum = try network.node("Add", [a, b])
    let pooled = try network.node(
      "MaxPool", [network.node("Clip", [sum, network.constant(Tensor(scalar: 0 as Float)), nil])],
      ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])], name: "pool")
    let joined = try network.node(
      "Concat", [pooled, network.node("Conv", [pooled, network.weights([2, 4, 1, 1])])], ["axis": .int(1)])
    let mean = try network.node("Flatten", [network.node("GlobalAveragePool", [joined])])
    let scores = try network.node(
      "Gemm", [mean, network.weights([5, 6]), network.weights([5])],
      ["transB": .int(1), "alpha": .float(0.5), "beta": .float(2)])
    let y = try network.node("Softmax", [scores], name: "softmax")
    var random = SplitMix64(seed: 4)
    let samples = try (0..<8).map { _ in try random.tensor([1, 3, 8, 8]) }
    let (quantized, comparison, quantizer) = try quantize(&network, y, samples: samples)
    #expect(quantizer.folding.foldedNormalizations == 1 && quantizer.operationCount == 9)
    // Operators that move elements keep the scale.
    let activations = Dictionary(uniqueKeysWithValues: quantized.activations.map { ($0.name, $0) })
    let pool = try #require(activations["pool.out"])
    #expect(activations.values.contains { $0.scale == pool.scale && $0.name != "pool.out" })
    // The written network is the same when it is read.
    let decoded = try Model(bytes: quantized.model.serialized(), operators: .standard)
    #expect(decoded.graph.nodes.map(\.opType) == opTypes(quantized))
    let session = try Session(decoded, options: SessionOptions(threads: 1))
    let reference = try ReferenceEvaluator(decoded.graph)
    for sample in samples {
      let own = try session.run(sample), defined = try reference.run([decoded.graph.inputs[0]: sample])[0]
      let difference = zip(try own.elements(as: Float.self), try defined.elements(as: Float.self)).map { abs($0 - $1) }
      #expect(difference.max()! < 0.02)
    }
    #expect(comparison.rows == 8 && comparison.agreements! >= 7)
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 25)
    #expect(comparison.activations.allSatisfy { $0.pooled.decibels! > 20 })
  }

  /// A unit of ShuffleNet. Its channel shuffle moves bytes between the convolutions.
  @Test func shufflesStayInBytes() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 16, 6, 6])
    func list(_ numbers: Int64...) throws -> ValueID { network.constant(try Tensor(shape: [numbers.count], numbers)) }
    let grouped = try network.node(
      "Relu", [network.node("Conv", [x, network.weights([16, 8, 1, 1])], ["group": .int(2)])])
    let split = try network.node("Reshape", [grouped, list(1, 2, 8, 6, 6)])
    let turned = try network.node("Transpose", [split], ["perm": .ints([0, 2, 1, 3, 4])])
    let shuffled = try network.node("Reshape", [turned, list(1, 16, 6, 6)])
    let deep = try network.node(
      "Conv", [shuffled, network.weights([16, 1, 3, 3])], ["group": .int(16), "pads": .ints([1, 1, 1, 1])])
    let y = try network.node("Conv", [deep, network.weights([8, 8, 1, 1])], ["group": .int(2)])
    var random = SplitMix64(seed: 4)
    let samples = try (0..<4).map { _ in try random.tensor([1, 16, 6, 6]) }
    let (quantized, comparison, _) = try quantize(&network, y, samples: samples)
    let steps = try Session(quantized.model).layerTimes(["x": samples[0]], runs: 1)
    #expect(
      steps.filter { !["layout", "copy"].contains($0.algorithm) }.map(\.operation) == [
        "QuantizeLinear", "QLinearConv", "ChannelShuffle", "QLinearConv", "QLinearConv", "DequantizeLinear",
      ])
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 25)
  }

  @Test func excludedNodesStay() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let a = try network.node("Conv", [x, network.weights([2, 2, 1, 1])], name: "first")
    let y = try network.node("Conv", [a, network.weights([2, 2, 1, 1])], name: "second")
    var random = SplitMix64(seed: 4)
    let samples = [try random.tensor([1, 2, 4, 4])]
    let (quantized, _, quantizer) = try quantize(&network, y, samples: samples, excluding: ["second"])
    #expect(quantizer.operationCount == 1)
    #expect(opTypes(quantized).suffix(3) == ["QuantizeLinear", "DequantizeLinear", "Conv"])
    #expect(quantized.model.graph.nodes.last?.name == "second")
  }

  @Test func bothOutputsAndInnerValuesKeepTheirNames() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let a = try network.node("Conv", [x, network.weights([2, 2, 1, 1])], name: "a")
    let b = try network.node("Relu", [a], name: "b")
    var random = SplitMix64(seed: 4)
    let samples = [try random.tensor([1, 2, 4, 4])]
    let (quantized, comparison, _) = try quantize(&network, a, b, samples: samples)
    #expect(quantized.model.graph.outputs.map { quantized.model.graph[$0].name } == ["a.out", "b.out"])
    #expect(comparison.outputs.allSatisfy { $0.quality.pooled.decibels! > 30 })
  }

  @Test func boundsStayWhereTheRangeIsWider() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 1, 1, 3])
    let bounds = try [0.5, 1].map { network.constant(try Tensor(scalar: Float($0))) }
    let y = try network.node("Clip", [network.node("Conv", [x, network.weights([1, 1, 1, 1])])] + bounds)
    let samples = [try Tensor(shape: [1, 1, 1, 3], [-4, 0.5, 4] as [Float])]
    let (quantized, _, _) = try quantize(&network, y, samples: samples)
    // The range includes zero, so 0.5 is not its end.
    #expect(opTypes(quantized).contains("Clip"))
  }

  @Test func sumsAndBiasedProductsAreRecognized() throws {
    var network = NetworkBuilder(opset: 9)
    let x = network.input([1, 4])
    let a = try network.node("MatMul", [x, network.weights([4, 4])])
    let b = try network.node("Add", [a, network.weights([4])])
    let y = try network.node("Sum", [b, x])
    var random = SplitMix64(seed: 4)
    let samples = [try random.tensor([1, 4])]
    let (quantized, comparison, quantizer) = try quantize(&network, y, samples: samples, opset: 9)
    #expect(quantizer.raisedFrom == 9 && quantized.model.opsetVersion() == 13)
    #expect(opTypes(quantized).filter { !$0.hasSuffix("Linear") } == ["Gemm", "Add"])
    #expect(comparison.outputs[0].quality.pooled.decibels! > 30)
  }

  @Test func refusals() throws {
    func code(
      _ build: (inout NetworkBuilder, ValueID) throws -> ValueID, sample: [Float] = [1, 2],
      excluding excluded: Set<String> = []
    ) throws -> InfoldError.Code? {
      try errorCode {
        var network = NetworkBuilder()
        let x = network.input([1, 2])
        let y = try build(&network, x)
        _ = try quantize(&network, y, samples: [Tensor(shape: [1, 2], sample)], excluding: excluded)
      }
    }
    // Nothing to quantize, an unknown node, weights and values that are not finite, and a model
    // that is already quantized.
    #expect(try code({ try $0.node("Relu", [$1]) }) == .invalidArgument)
    #expect(try code({ try $0.node("MatMul", [$1, $0.weights([2, 2])]) }, excluding: ["no"]) == .invalidArgument)
    #expect(
      try code({ try $0.node("MatMul", [$1, $0.constant(Tensor(shape: [2, 1], [.nan, 1] as [Float]))]) })
        == .invalidArgument)
    #expect(
      try code(
        { try $0.node("MatMul", [$1, $0.constant(Tensor(shape: [2, 1], [.infinity, 1] as [Float]))]) }, sample: [0, 1])
        == .invalidArgument)
    #expect(try code({ try $0.node("MatMul", [$1, $0.weights([2, 2])]) }, sample: [.nan, 1]) == .invalidArgument)
    #expect(
      try code({
        let scale = $0.constant(try Tensor(scalar: 1 as Float))
        return try $0.node("DequantizeLinear", [$0.node("QuantizeLinear", [$1, scale]), scale])
      }) == .invalidArgument)
    #expect(try code({ try $0.node("MatMul", [$1, $0.weights([2, 2])]) }) == nil)
  }

  @Test func weightsOfEverySizeAreHeld() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 1])
    // Zeros with and without a bias, tiny and huge weights, and a bias that is much larger than the
    // product.
    let w = network.constant(try Tensor(shape: [6, 1], [0, 0, 1e-30, 1e30, 1e-6, 1] as [Float]), "w")
    let b = network.constant(try Tensor(shape: [6], [0, 3, 0, 0, 1e6, -1e-6] as [Float]), "b")
    let y = try network.node("Gemm", [x, w, b], ["transB": .int(1)], name: "gemm")
    let samples = [try Tensor(shape: [1, 1], [1] as [Float])]
    let (quantized, _, _) = try quantize(&network, y, samples: samples)
    let scales: [Float] = try tensor("w_quantized_scale", quantized).elements()
    #expect(scales.allSatisfy { $0.isNormal && $0 > 0 } && scales[0] == 1)
    let steps: [Float] = try tensor("b_quantized_scale", quantized).elements()
    let integers: [Int32] = try tensor("b_quantized", quantized).elements()
    #expect(steps.allSatisfy { $0.isNormal })
    #expect(abs(Float(integers[1]) * steps[1] - 3) < 1e-5)
    #expect(abs(Float(integers[4]) * steps[4] / 1e6 - 1) < 1e-5)
  }
}
