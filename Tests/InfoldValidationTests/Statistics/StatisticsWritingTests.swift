import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct StatisticsWritingTests {
  private let known = KnownStatistics()

  private func collect(_ model: Model, _ options: StatisticsCollector.Options) throws -> ModelStatistics {
    try StatisticsCollector(model, options: options)
      .collect(sampleCount: KnownStatistics.samples) { n throws(InfoldError) in try known.sample(n) }
  }

  private func operators(_ model: Model) -> [String] { model.graph.nodes.map(\.opType) }

  private func constant(_ name: String, _ model: Model) throws -> [Double] {
    try model.graph.values.first { $0.name == name }?.initializer?.tensor?.numbers() ?? []
  }

  /// After a sequential collection, every layer stores the statistics of its own input. Collecting
  /// from the new model gives the same statistics, and its outputs have the mean β and the variance
  /// γ²σ²/(σ² + ε).
  @Test(arguments: [(7, false), (8, true), (9, false), (9, true), (13, true), (15, true), (15, false)])
  func sequentialIsAFixedPoint(opset: Int, perActivation: Bool) throws {
    let options = StatisticsCollector.Options(batchSize: 3, perActivation: perActivation, isSequential: true)
    let statistics = try collect(known.model(opset: opset), options)
    let written = try Model(bytes: statistics.model().serialized(), operators: .standard)
    let normalization =
      opset < 9 || !perActivation
      ? ["BatchNormalization"] : ["Reshape", "BatchNormalization", "Reshape"]
    #expect(operators(written) == normalization + ["Conv"] + normalization)
    for node in written.graph.nodes where opset < 9 && perActivation && node.opType == "BatchNormalization" {
      guard case .int(0)? = node.attributes["spatial"] else {
        Issue.record("spatial is \(String(describing: node.attributes["spatial"]))")
        continue
      }
    }

    let again = try collect(written, .init(batchSize: 4))
    for (layer, found) in zip(statistics.layers, again.layers) {
      #expect(distance(found.mean, layer.mean) < 1e-6 && distance(found.variance, layer.variance) < 1e-6)
      #expect(distance(try #require(found.storedMean), layer.mean) < 1e-6)
      #expect(distance(try #require(found.storedVariance), layer.variance) < 1e-6)
    }

    var output = BatchStatistics(layout: .nchw, per: perActivation ? .activation : .featureMap)
    let session = try Session(written)
    for n in 0..<KnownStatistics.samples { try output.add(session.run(known.sample(n)).values.first!) }
    let variance = statistics.layers[1].variance
    let repeats = variance.count / 2
    let epsilon = Double(KnownStatistics.epsilon)
    #expect(distance(output.mean, [0.125, -0.5].flatMap { Array(repeating: $0, count: repeats) }) < 1e-6)
    let expected = variance.indices.map { index in
      let scale = index < repeats ? 1.5 : 0.75
      return scale * scale * variance[index] / (variance[index] + epsilon)
    }
    #expect(distance(try output.variance(), expected) < 1e-5)
  }

  /// In one sweep, the statistics are those of the unchanged model, and replace its constants.
  @Test func oneSweepReplacesConstants() throws {
    let statistics = try collect(known.model(), .init(estimator: .unbiased))
    let written = try statistics.model()
    #expect(written.graph.values.count == (try known.model().graph.values.count))
    for (layer, name) in zip(statistics.layers, ["bn1", "bn2"]) {
      #expect(try constant(name + ".mean", written) == layer.mean.map { Double(Float($0)) })
      #expect(try constant(name + ".var", written) == layer.variance.map { Double(Float($0)) })
    }
  }

  /// A constant that both normalizations read, and a convolution's bias too, is copied.
  @Test func copiesSharedConstants() throws {
    var builder = NetworkBuilder(opset: 9)
    let x = builder.input(["N", 2, 2, 3])
    let shared = builder.constant(try Tensor(shape: [2], [0.5, 1] as [Float]), "shared")
    let weight = builder.constant(try Tensor(shape: [2, 2, 1, 1], [1, 0, 0, 1] as [Float]), "weight")
    let first = try builder.node("BatchNormalization", [x, shared, shared, shared, shared], name: "bn1")
    let convolved = try builder.node("Conv", [first, weight, shared], name: "conv")
    let second = try builder.node("BatchNormalization", [convolved, shared, shared, shared, shared], name: "bn2")
    var model = Model(graph: try builder.finished(second), irVersion: 3, opsetImports: [.init(version: 9)])
    model.graph.listedConstants = [shared, weight]

    let statistics = try collect(model, .init(isSequential: true))
    let written = try Model(bytes: statistics.model().serialized(), operators: .standard)
    #expect(try constant("shared", written) == [0.5, 1])
    #expect(written.irVersion == 4 && written.graph.inputs.count == 1)
    let again = try collect(written, .init())
    for (layer, found) in zip(statistics.layers, again.layers) {
      #expect(distance(try #require(found.storedMean), layer.mean) < 1e-6)
      #expect(distance(try #require(found.storedVariance), layer.variance) < 1e-6)
      #expect(distance(found.mean, layer.mean) < 1e-6)
    }
    let bias = try #require(written.graph.nodes.first { $0.opType == "Conv" }?.inputs[2])
    #expect(written.graph[bias].name == "shared")
  }

  /// A normalization with spatial = 0 has statistics per activation without the option.
  @Test func spatialZeroStaysPerActivation() throws {
    var builder = NetworkBuilder(opset: 7)
    let x = builder.input(["N", 2, 2, 3])
    let parameters = try (0..<4).map { try builder.weights([2, 2, 3], in: Float($0)...Float($0 + 1)) }
    let y = try builder.node("BatchNormalization", [x] + parameters, ["spatial": .int(0)])
    let model = Model(graph: try builder.finished(y), opsetImports: [.init(version: 7)])
    let statistics = try collect(model, .init())
    let expected = known.expected(.activation, sequential: false)[0]
    #expect(distance(statistics.layers[0].mean, expected.mean) < 1e-6)
    #expect(statistics.layers[0].statistics.shape == [2, 2, 3])
    let again = try collect(statistics.model(), .init())
    #expect(distance(try #require(again.layers[0].storedVariance), expected.variance) < 1e-6)
  }

  /// Without positions, an activation is a feature map.
  @Test func noPositions() throws {
    var builder = NetworkBuilder(opset: 13)
    let x = builder.input(["N", 2, 2, 3])
    let flat = try builder.node("Flatten", [x])
    let y = try builder.normalization(flat, channels: 12)
    let model = Model(graph: try builder.finished(y), opsetImports: [.init(version: 13)])
    let statistics = try collect(model, .init(perActivation: true))
    #expect(distance(statistics.layers[0].mean, known.expected(.activation, sequential: false)[0].mean) < 1e-6)
    #expect(try operators(statistics.model()) == ["Flatten", "BatchNormalization"])
  }

  /// A normalization whose statistics cannot be replaced is refused by name, before anything runs.
  @Test func refusals() throws {
    func refusal(
      opset: Int = 13, perActivation: Bool = false, input: Shape = ["N", 2, 2, 3], attributes: AttributeList = [:],
      outputs: Int = 1, _ change: (inout NetworkBuilder, inout [ValueID]) throws -> Void = { _, _ in }
    ) throws -> InfoldError? {
      var builder = NetworkBuilder(opset: opset)
      var inputs = [builder.input(input)]
      for name in ["scale", "bias", "mean", "variance"] {
        inputs.append(builder.constant(try Tensor(repeating: Float(1), shape: [2]), name))
      }
      try change(&builder, &inputs)
      let y = try builder.node("BatchNormalization", inputs, attributes, name: "bn", outputs: outputs)
      let model = Model(graph: try builder.finished(y), opsetImports: [.init(version: opset)])
      do {
        try StatisticsCollector(model, options: .init(perActivation: perActivation)).checkReplaceable()
        return nil
      } catch {
        return error
      }
    }
    func overridable(_ index: Int) -> (inout NetworkBuilder, inout [ValueID]) throws -> Void {
      { builder, inputs in
        inputs[index] = builder.overridable(try Tensor(repeating: Float(1), shape: [2]), "default")
      }
    }
    func computed(_ index: Int) -> (inout NetworkBuilder, inout [ValueID]) throws -> Void {
      { builder, inputs in inputs[index] = try builder.node("Exp", [inputs[index]]) }
    }
    func expect(_ error: InfoldError?, _ text: String, _ location: SourceLocation = #_sourceLocation) {
      #expect(error?.code == .unsupported, sourceLocation: location)
      #expect(error?.node == "node \"bn\" (BatchNormalization)", sourceLocation: location)
      #expect(error?.reason.contains(text) == true, "\(String(describing: error))", sourceLocation: location)
    }
    #expect(try refusal() == nil)
    #expect(try refusal(perActivation: true) == nil)
    #expect(try refusal(overridable(1)) == nil)
    #expect(try refusal(computed(2)) == nil)
    expect(try refusal(overridable(3)), "its mean is an input with a default")
    expect(try refusal(overridable(4)), "its variance is an input with a default")
    expect(try refusal(computed(3)), "its mean is computed")
    expect(try refusal { builder, inputs in inputs[4] = builder.input([2], "given") }, "its variance is an input")
    expect(try refusal(perActivation: true, overridable(1)), "its scale is an input with a default")
    expect(try refusal(perActivation: true, computed(2)), "its bias is computed")
    expect(try refusal(perActivation: true, input: ["N", 2, "H", 3]), "fixed channels and positions")
    expect(try refusal(opset: 6, perActivation: true), "opset 6")
    expect(
      try refusal(opset: 15, attributes: ["training_mode": .int(1)], outputs: 3), "training form")
    #expect(try refusal(opset: 6) == nil)
  }

  /// From opset 14 on, mean and variance may have a narrower type than the input.
  @Test func refusesNumbersOutOfRange() throws {
    var builder = NetworkBuilder(opset: 14)
    let x = builder.input(["N", 1])
    let one = builder.constant(try Tensor(shape: [1], [1] as [Float]))
    let half = builder.constant(try Tensor(shape: [1], [1] as [Float16]))
    let y = try builder.node("BatchNormalization", [x, one, one, half, half], name: "bn")
    let model = Model(graph: try builder.finished(y), opsetImports: [.init(version: 14)])
    let statistics = try StatisticsCollector(model).collect(sampleCount: 2) { index throws(InfoldError) in
      ["x": try Tensor(shape: [1, 1], [Float(index) * 1e6])]
    }
    #expect(statistics.layers[0].mean == [5e5])
    #expect(try errorCode { _ = try statistics.model() } == .limitExceeded)
  }
}
