import Infold
import TestSupport
import Testing

@Suite struct ModelBuilderTests {
  private static func network() throws -> Model {
    var random = SplitMix64(seed: 3)
    var builder = ModelBuilder("small")
    let x = try builder.input("x", shape: ["N", 3, 8, 8])
    let convolved = try builder.convolution(
      x, weight: random.tensor([6, 3, 3, 3], in: -0.3...0.3), bias: random.tensor([6]), stride: 2, padding: 1,
      named: "first")
    let normalized = try builder.batchNormalization(
      convolved, scale: random.tensor([6], in: 0.5...2), bias: random.tensor([6]), mean: random.tensor([6]),
      variance: random.tensor([6], in: 0.5...2), named: "normalized")
    let active = try builder.relu(normalized)
    let grouped = try builder.convolution(
      active, weight: random.tensor([6, 1, 3, 3], in: -0.3...0.3), padding: 2, dilation: 2, groups: 6)
    let both = try builder.concatenation([
      builder.add(active, grouped), builder.maxPool(active, window: [3, 3], padding: 1),
    ])
    let averaged = try builder.averagePool(both, window: [2, 2], stride: 2)
    let scores = try builder.dense(
      builder.flatten(builder.globalAveragePool(averaged)), weight: random.tensor([4, 12]), bias: random.tensor([4]))
    try builder.output(builder.softmax(scores), named: "probabilities")
    return try builder.model()
  }

  @Test func buildsWhatRuns() throws {
    let model = try Self.network()
    let output = model.graph[model.graph.outputs[0]]
    #expect(output.name == "probabilities" && output.type == TensorType(.float32, ["N", 4]))
    var random = SplitMix64(seed: 4)
    let x = try random.tensor([2, 3, 8, 8])
    let expected = try Session(model, options: SessionOptions(optimize: false)).run(["x": x])["probabilities"]!
    #expect(try abs(expected.numbers().reduce(0, +) - 2) < 1e-5)
    let probabilities = try Session(model).run(["x": x])["probabilities"]!
    for (a, b) in zip(try probabilities.numbers(), try expected.numbers()) { #expect(abs(a - b) < 1e-5) }
  }

  /// A model that is saved and read again gives the same bits.
  @Test func isSavedAsONNX() throws {
    let model = try Self.network()
    let read = try Model(bytes: model.serialized())
    #expect(
      read.graph.name == "small" && read.opsetVersion() == 17 && read.graph.nodes.count == model.graph.nodes.count)
    #expect(read.graph.node(named: "first") != nil && read.graph.value(named: "first.bias") != nil)
    var random = SplitMix64(seed: 5)
    let input = ["x": try random.tensor([1, 3, 8, 8])]
    #expect(try Session(read).run(input) == Session(model).run(input))
  }

  @Test func namesAreUnique() throws {
    var builder = ModelBuilder()
    let x = try builder.input("relu2", shape: ["N"])
    #expect(try errorCode { _ = try builder.relu(x, named: "relu2") } == .invalidArgument)
    #expect(try errorCode { _ = try builder.input("", shape: ["N"]) } == .invalidArgument)
    let y = try builder.relu(builder.relu(builder.relu(x)))
    #expect(Set(builder.graph.values.map(\.name)).count == 4)
    #expect(try errorCode { try builder.output(y, named: "relu2") } == .invalidArgument)
  }

  @Test func oneTensorInAndOneOut() throws {
    var random = SplitMix64(seed: 6)
    let x = try random.tensor([1, 3, 8, 8])
    let session = try Session(Self.network())
    #expect(try session.run(x) == session.run(["x": x])["probabilities"])
    var builder = ModelBuilder()
    let a = try builder.input("a", shape: [1]), b = try builder.input("b", shape: [1])
    try builder.output(builder.add(a, b))
    let two = try Session(builder.model())
    #expect(try errorCode { _ = try two.run(Tensor(shape: [1], [1 as Float])) } == .invalidArgument)
  }

  /// An input, and a value that is already an output, keep their names.
  @Test func oneValueIsReturnedUnderTwoNames() throws {
    var builder = ModelBuilder()
    let x = try builder.input("x", shape: [2])
    let y = try builder.relu(x)
    try builder.output(y, named: "y")
    try builder.output(y, named: "z")
    try builder.output(x, named: "w")
    try builder.output(x)
    let results = try Session(builder.model()).run(["x": Tensor(shape: [2], [-1, 1] as [Float])])
    #expect(
      try results.mapValues { try $0.elements(as: Float.self) } == [
        "y": [0, 1], "z": [0, 1], "w": [-1, 1], "x": [-1, 1],
      ])
  }

  @Test func severalOutputs() throws {
    var builder = ModelBuilder(opset: 13)
    let x = try builder.input("x", shape: [4])
    let parts = try builder.nodes(
      "Split", [x, builder.constant(Tensor(shape: [2], [1, 3] as [Int64]))], attributes: ["axis": .int(0)],
      named: "split", outputCount: 2)
    for (part, name) in zip(parts, ["a", "b"]) { try builder.output(part, named: name) }
    let results = try Session(builder.model()).run(["x": Tensor(shape: [4], [1, 2, 3, 4] as [Float])])
    #expect(try results["a"]!.elements() == [1 as Float] && results["b"]!.elements() == [2, 3, 4 as Float])
  }

  @Test func refusesWhatDoesNotExist() throws {
    var builder = ModelBuilder()
    let x = try builder.input("x", shape: [4])
    #expect(try errorCode { _ = try builder.node("Frobnicate", [x]) } == .unsupported)
    #expect(try errorCode { _ = try builder.node("Relu", [x, x]) } == .invalidModel)
    #expect(try errorCode { _ = try builder.node("Relu", [x], attributes: ["alpha": .int(1)]) } == .invalidModel)
    #expect(
      try errorCode { _ = try builder.convolution(x, weight: Tensor(zeros: [1, 1], of: .float32)) } == .invalidArgument)
    #expect(builder.graph.nodes.isEmpty)
    // The name of a refused node is not taken.
    #expect(try errorCode { _ = try builder.node("Relu", [x, x], attributes: [:], named: "y") } == .invalidModel)
    let active = try builder.relu(x, named: "y")
    #expect(builder.graph[active].name == "y")
    let joined = try builder.node(
      "Concat", [x, builder.constant(Tensor(zeros: [1, 1], of: .float32))], attributes: ["axis": .int(0)])
    try builder.output(joined)
    let wrong = builder
    #expect(try errorCode { _ = try wrong.model() } == .invalidModel)
  }

  /// A layer that is refused leaves nothing, so that it can be added again.
  @Test func refusedLayersLeaveNothing() throws {
    var builder = ModelBuilder()
    let x = try builder.input("x", shape: [1, 1, 4, 4])
    let weight = try Tensor(zeros: [1, 1, 3, 3], of: .float32)
    #expect(try errorCode { _ = try builder.convolution(x, weight: weight, stride: 0, named: "c") } == .invalidModel)
    #expect(builder.graph.values.count == 1)
    let convolved = try builder.convolution(x, weight: weight, named: "c")
    #expect(builder.graph[convolved].name == "c" && builder.graph.value(named: "c.weight") != nil)
  }

  /// A model imports one version of a domain.
  @Test func aDomainHasOneVersion() throws {
    var builder = ModelBuilder(operators: .standard.adding(Twice.self))
    let x = try builder.input("x", shape: [1])
    let y = try builder.node("Twice", [x], domain: "test", version: 1)
    #expect(try errorCode { _ = try builder.node("Twice", [y], domain: "test", version: 2) } == .invalidArgument)
    try builder.output(builder.node("Twice", [y], domain: "test", version: 1))
    #expect(try builder.model().opsetImports.count == 2)
  }

  /// Replaces a Relu by a LeakyRelu.
  @Test func graphsAreEdited() throws {
    var builder = ModelBuilder()
    let x = try builder.input("x", shape: [2])
    try builder.output(builder.add(builder.relu(x, named: "rectified"), x), named: "y")
    var model = try builder.model()
    let old = try #require(model.graph.value(named: "rectified"))
    let new = model.graph.add(Value(name: "leaky"))
    model.graph.add(
      try Node(
        opType: "LeakyRelu", opsetVersion: 17, attributes: ["alpha": .float(0.5)], inputs: [x], outputs: [new]))
    try model.graph.replaceUses(of: old, with: new)
    model.graph.removeNodes { $0.outputs.contains(old) }
    try model.graph.sort()
    try model.graph.inferTypes()
    let y = try Session(model).run(["x": Tensor(shape: [2], [-2, 2] as [Float])])["y"]!
    #expect(try y.elements() == [-3, 4 as Float])
    #expect(model.graph.node(named: "rectified") == nil && model.graph.node(named: "") == nil)
  }
}

/// An operator that is defined by the tests.
private struct Twice: Operator {
  static let name = "Twice"
  static let domain = "test"
  static let versions = [1, 2]
  static func arity(since version: Int) -> Arity { Arity(1) }

  init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] { [try inputs.type(0, of: .all)] }

  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = try inputs[0]!.elements(as: Float.self)
    return [try Tensor(shape: inputs[0]!.shape, x.map { 2 * $0 })]
  }
}
