import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct EqualizationTests {
  private func model(_ network: NetworkBuilder, _ output: ValueID) throws -> Model {
    var network = network
    return Model(graph: try network.finished([output]), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
  }

  /// Adds a convolution whose channels have very different magnitudes: [N, 2, 6, 6] to [N, 8, 6,
  /// 6].
  private func uneven(_ network: inout NetworkBuilder, _ x: ValueID, inputs: Int = 2) throws -> ValueID {
    let w = try network.random.tensor([8, inputs, 1, 1]).elements(as: Float.self)
    let scaled = w.enumerated().map { $1 * Float(sign: .plus, exponent: -($0 / inputs), significand: 1.3) }
    let b = (0..<8).map { Float(0.5) * Float(sign: .plus, exponent: -$0, significand: 1) }
    return try network.node(
      "Conv",
      [
        x, network.constant(try Tensor(shape: [8, inputs, 1, 1], scaled)), network.constant(try Tensor(shape: [8], b)),
      ])
  }

  private func samples(_ shape: [Int] = [1, 2, 6, 6]) throws -> [[String: Tensor]] {
    var random = SplitMix64(seed: 5)
    return try (0..<6).map { _ in ["x": try random.tensor(shape)] }
  }

  /// Returns the largest difference between the float network and the one with scaled channels,
  /// relative to the largest magnitude.
  private func difference(_ network: QuantizedNetwork, _ model: Model, _ samples: [[String: Tensor]]) throws -> Float {
    let options = SessionOptions(threads: 1)
    let before = try Session(model, options: options), after = try Session(network.reference, options: options)
    var (most, largest) = (Float(0), Float(0))
    for sample in samples {
      let a = try before.run(sample).values.first!.elements(as: Float.self)
      let b = try after.run(sample).values.first!.elements(as: Float.self)
      for (x, y) in zip(a, b) { (most, largest) = (max(most, abs(x - y)), max(largest, abs(x))) }
    }
    return most / largest
  }

  /// With convolutions, depthwise convolutions between them, and a residual sum, only rounding
  /// changes the float network, and the quantized network is better.
  @Test(arguments: ["Relu", "LeakyRelu", "none"]) func keepsTheFloatNetwork(activation: String) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    func activated(_ value: ValueID) throws -> ValueID {
      activation == "none" ? value : try network.node(activation, [value])
    }
    let first = try activated(uneven(&network, x))
    let deep = try activated(
      network.node(
        "Conv", [first, network.weights([8, 1, 3, 3]), network.weights([8])],
        ["group": .int(8), "pads": .ints([1, 1, 1, 1])]))
    let a = try uneven(&network, deep, inputs: 8)
    let b = try network.node("Conv", [first, network.weights([8, 8, 1, 1])])
    let pooled = try network.node("GlobalAveragePool", [activated(network.node("Add", [a, b]))])
    let y = try network.node(
      "Gemm", [network.node("Flatten", [pooled]), network.weights([5, 8])], ["transB": .int(1)])
    let model = try model(network, y), samples = try samples()
    let plain = try StaticQuantizer(
      model, options: QuantizationOptions(equalizesChannels: false), session: SessionOptions(threads: 1)
    ).quantize(samples)
    let equalized = try StaticQuantizer(model, session: SessionOptions(threads: 1)).quantize(samples)
    #expect(plain.equalizedChannels == 0 && equalized.steps.contains { $0.method == .equalization })
    #expect(try difference(plain, model, samples) == 0 || activation == "none")
    #expect(try difference(equalized, model, samples) < 1e-5)
    let best = try #require(equalized.steps.filter(\.isKept).last?.decibels)
    #expect(best >= plain.steps.last!.decibels!)
  }

  /// Channels that reach the upper bound of Clip keep their scale. All others stay below the bound.
  @Test func boundsStayWhatTheyAre() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let bounds = try [0, 0.6].map { network.constant(try Tensor(scalar: Float($0))) }
    let first = try network.node("Clip", [uneven(&network, x)] + bounds)
    let y = try network.node("Conv", [first, network.weights([8, 1, 1, 1])], ["group": .int(8)])
    let model = try model(network, y), samples = try samples()
    let equalized = try StaticQuantizer(model, session: SessionOptions(threads: 1)).quantize(samples)
    #expect(equalized.steps.contains { $0.method == .equalization })
    #expect(try difference(equalized, model, samples) < 1e-5)
  }

  /// Channels are not scaled if the value is an output or passes through a function that is not
  /// homogeneous.
  @Test(arguments: ["Sigmoid", "output"]) func leavesOthersAlone(kind: String) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let first = try uneven(&network, x)
    let second = kind == "output" ? first : try network.node(kind, [first])
    let y = try network.node("Conv", [second, network.weights([3, 8, 1, 1])])
    let outputs = kind == "output" ? [y, first] : [y]
    let model = Model(
      graph: try network.finished(outputs), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
    let found = try StaticQuantizer(model, session: SessionOptions(threads: 1)).quantize(samples())
    #expect(!found.steps.contains { $0.method == .equalization } && found.equalizedChannels == 0)
  }

  /// Channels that are zero everywhere, and weights that are zero.
  @Test func deadChannels() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let w = network.constant(try Tensor(shape: [3, 2, 1, 1], [0, 0, 1, 2, 1e-3, 0] as [Float]))
    let first = try network.node("Relu", [network.node("Conv", [x, w])])
    let v = network.constant(try Tensor(shape: [2, 3, 1, 1], [1, 1, 0, 0, 0, 0] as [Float]))
    let y = try network.node("Conv", [first, v])
    let model = try model(network, y), samples = try samples()
    let found = try StaticQuantizer(
      model, options: QuantizationOptions(rounding: .search(limit: 1)), session: SessionOptions(threads: 1)
    ).quantize(samples)
    #expect(try difference(found, model, samples) < 1e-5)
    #expect(found.steps.last!.decibels! > 25)
  }
}
