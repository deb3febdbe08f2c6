import Infold
import TestSupport
import Testing

/// A network similar to voice activity detectors: whether a recording is wideband chooses one of two encoders, each with convolutions along
/// the time axis and an LSTM. A loop refines the result, for as many iterations as a caller requests.
@Suite struct ControlFlowNetworkTests {
  private static let width = 64

  /// One of the encoders: frames by a convolution, three more convolutions with activations, and an LSTM over the frames.
  private static func encoder(_ window: Int, seed: UInt64) throws -> Graph {
    var body = NetworkBuilder(opset: 16, seed: seed)
    let samples = body.capture("samples"), hidden = body.capture("hidden"), cell = body.capture("cell")
    var y = try body.node(
      "Conv", [samples, body.weights([width, 1, window], in: -0.2...0.2)], ["strides": .ints([Int64(window) / 4])])
    for _ in 0..<3 {
      let weights = try body.weights([width, width, 3], in: -0.1...0.1)
      let convolved = try body.node("Conv", [y, weights, body.weights([width])], ["pads": .ints([1, 1])])
      y = try body.node("Relu", [body.normalization(convolved, channels: width)])
    }
    let frames = try body.node("Transpose", [y], ["perm": .ints([2, 0, 1])])
    let states = try body.nodes(
      "LSTM",
      [
        frames, body.weights([1, 4 * width, width], in: -0.2...0.2),
        body.weights([1, 4 * width, width], in: -0.2...0.2), body.weights([1, 8 * width], in: -0.2...0.2), nil, hidden,
        cell,
      ], ["hidden_size": .int(Int64(width))], outputs: 3)
    let features = try body.node(
      "Transpose", [body.node("Squeeze", [states[0], body.constant(try .list(1))])], ["perm": .ints([1, 2, 0])])
    return try body.body(outputs: [features, states[1], states[2]], captures: [samples, hidden, cell])
  }

  /// The loop body: half of the features, plus a convolution of them.
  private static func refinement() throws -> Graph {
    var body = NetworkBuilder(opset: 16, seed: 5)
    _ = body.input([], "trip", of: .int64)
    let condition = body.input([], "condition", of: .bool)
    let features = body.input([1, .fixed(width), "frames"], "features")
    let convolved = try body.node(
      "Conv", [features, body.weights([width, width, 3], in: -0.1...0.1)], ["pads": .ints([1, 1])])
    let half = try body.node("Mul", [features, body.constant(try Tensor(scalar: Float(0.5)))])
    let next = try body.node("Add", [half, body.node("Tanh", [convolved])])
    let level = try body.node("ReduceMean", [next], ["axes": .ints([1, 2]), "keepdims": .int(0)])
    return try body.body(outputs: [condition, next, level], captures: [])
  }

  static func model() throws -> Model {
    var network = NetworkBuilder(opset: 16)
    let samples = network.input([1, 1, "length"], "samples"), isWide = network.input([], "wide", of: .bool)
    let trips = network.input([], "trips", of: .int64)
    let states = ["hidden", "cell"].map { network.input([1, 1, .fixed(width)], $0) }
    let encoded = try network.nodes(
      "If", [isWide],
      ["then_branch": .graph(encoder(64, seed: 3)), "else_branch": .graph(encoder(32, seed: 4))],
      captures: [samples] + states, outputs: 3)
    let refined = try network.nodes(
      "Loop", [trips, nil, encoded[0]], ["body": .graph(refinement())], outputs: 2)
    let pooled = try network.node("ReduceMean", [refined[0]], ["axes": .ints([2]), "keepdims": .int(0)])
    let speech = try network.node("Sigmoid", [network.node("Gemm", [pooled, network.weights([width, 1])])])
    let graph = try network.finished([speech, encoded[1], encoded[2], refined[1]])
    return Model(graph: graph, opsetImports: [Model.OpsetImport(version: 16)])
  }

  private static func inputs(_ length: Int, wide: Bool, trips: Int64) throws -> [String: Tensor] {
    var random = SplitMix64(seed: 9)
    return [
      "samples": try random.tensor([1, 1, length]), "wide": try Tensor(scalar: wide),
      "trips": try Tensor(scalar: trips), "hidden": try random.tensor([1, 1, width]),
      "cell": try random.tensor([1, 1, width]),
    ]
  }

  /// Results, compared with the double-precision evaluation.
  @Test(arguments: [true, false], [0, 1, 4] as [Int64]) func results(wide: Bool, trips: Int64) throws {
    let model = try Self.model()
    let evaluator = try ReferenceEvaluator(model.graph, precision: .double)
    let sessions = try [1, 3].map { try Session(model, options: SessionOptions(threads: $0)) }
    for length in [512, 768, 512] {
      let inputs = try Self.inputs(length, wide: wide, trips: trips)
      let given = Dictionary(
        uniqueKeysWithValues: model.graph.inputs.map { ($0, inputs[model.graph[$0].name]!) })
      let truth = try evaluator.run(given)
      let results = try sessions.map { try $0.run(inputs) }
      #expect(results[0] == results[1])
      for (id, expected) in zip(model.graph.outputs, truth) {
        let result = try #require(results[0][model.graph[id].name])
        #expect(result.shape == expected.shape)
        let numbers: [Float] = try result.elements(), exact: [Double] = try expected.elements()
        #expect(zip(numbers, exact).allSatisfy { abs(Double($0) - $1) <= 5e-5 * max(1, abs($1)) })
      }
    }
  }

  /// The bodies have plans, and so do the nodes whose sizes depend on the chosen branch.
  @Test func bodiesHavePlans() throws {
    let session = try Session(Self.model())
    let steps = try session.layerTimes(Self.inputs(512, wide: true, trips: 2), runs: 1)
    #expect(steps.filter { $0.algorithm == "planned bodies" }.map(\.operation) == ["If", "Loop"])
    #expect(steps.filter { $0.algorithm == "reference" }.isEmpty)
    #expect(steps.contains { $0.algorithm == "planned in the run" })
  }
}
