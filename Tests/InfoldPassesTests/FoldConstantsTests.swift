import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Weights that nodes compute from constants are weights: folding computes what a session computes ahead of time, and no more.
@Suite struct FoldConstantsTests {
  @Test func aWeightThatIsStoredInHalfPrecision() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let half = network.constant(try network.random.tensor([4, 3, 3, 3]).converted(to: .float16))
    let weight = try network.node("Cast", [half], ["to": .int(1)])
    let y = try network.node("Conv", [x, weight, network.weights([4])])
    let report = try expectFolded(try network.finished(network.normalization(y, channels: 4)), operators: ["Conv"])
    #expect(report.foldedNormalizations == 1)
  }

  /// As TensorFlow's converters write it, and with a shape that is itself computed.
  @Test func aWeightThatIsTransposedAndReshaped() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let transposed = try network.node(
      "Transpose", [network.weights([3, 3, 3, 4])], ["perm": .ints([3, 2, 0, 1])])
    let sizes = try network.node(
      "Concat", [network.constant(.list(4)), network.constant(.list(3, 3, 3))], ["axis": .int(0)])
    let weight = try network.node("Reshape", [transposed, sizes])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 4)
    try expectFolded(try network.finished(y), operators: ["Conv"])
  }

  @Test func aWeightOfTheShapeOfAnother() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 8, 8])
    // Only the fixed sizes of x's shape are read.
    let channels = try network.node(
      "Slice", [network.node("Shape", [x]), network.constant(.list(1)), network.constant(.list(2))])
    let sizes = try network.node(
      "Concat", [network.constant(.list(4)), channels, network.constant(.list(3, 3))], ["axis": .int(0)])
    let weight = try network.node("Reshape", [network.weights([108]), sizes])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 4)
    try expectFolded(try network.finished(y), operators: ["Conv"])
  }

  @Test(arguments: [0, 1]) func aWeightThatIsDequantized(axis: Int) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let y = try network.node("Conv", [x, network.quantizedWeights([4, 3, 3, 3], axis: axis)])
    try expectFolded(try network.finished(network.normalization(y, channels: 4)), operators: ["Conv"])
  }

  @Test func parametersAndBiasesThatAreComputed() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let bias = try network.node("Mul", [network.weights([4]), network.weights([1])])
    let y = try network.node("Conv", [x, network.weights([4, 3, 1, 1]), bias])
    let parameters = try (0..<3).map { _ in try network.node("Neg", [network.weights([4])]) }
    let variance = try network.node("Abs", [network.weights([4], in: 0.5...1)])
    let z = try network.node("BatchNormalization", [y] + parameters + [variance])
    try expectFolded(try network.finished(z), operators: ["Conv"])
  }

  @Test func aScaleThatIsReshaped() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let y = try network.node("Conv", [x, network.weights([4, 3, 1, 1])])
    let scale = try network.node("Reshape", [network.weights([4]), network.constant(.list(1, 4, 1, 1))])
    try expectFolded(try network.finished(network.node("Mul", [y, scale])), operators: ["Conv"])
  }

  /// Other consumers of a computed weight read its old value.
  @Test func aComputedWeightThatOthersRead() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let weight = try network.node("Neg", [network.weights([4, 3, 1, 1])])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 4)
    let z = try network.node("Conv", [x, weight])
    try expectFolded(try network.finished(network.node("Add", [y, z])), operators: ["Neg", "Conv", "Conv", "Add"])
  }

  /// Folding computes only what it needs. Other constant nodes stay as in the file.
  @Test func otherConstantsAreLeftAlone() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let y = try network.normalization(network.node("Conv", [x, network.weights([4, 3, 1, 1])]), channels: 4)
    let large = try network.node("ConstantOfShape", [network.constant(.list(1, 4, 8, 8))])
    let graph = try network.finished(network.node("Max", [y, large]))
    try expectFolded(graph, operators: ["Conv", "ConstantOfShape", "Max"])
    let folded = try FoldBatchNormalization().fold(graph).graph
    #expect(folded.values.allSatisfy { ($0.initializer?.tensor?.count ?? 0) <= 12 })
  }

  /// Only a bias is added: the weight stays as it is stored.
  @Test func aWeightThatIsNotScaledStaysDequantized() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let y = try network.node("Conv", [x, network.quantizedWeights([4, 3, 3, 3])])
    let z = try network.node("Add", [y, network.weights([4, 1, 1])])
    try expectFolded(try network.finished(z), operators: ["DequantizeLinear", "Conv"])
  }

  /// A few numbers that expand to a large tensor are not expanded.
  @Test func aWeightThatIsExpandedToSomethingLarge() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 1024, 1, 1])
    let weight = try network.node(
      "ConstantOfShape", [network.constant(.list(1024, 1024, 1, 1))],
      ["value": .tensor(try Tensor(shape: [1], [0.5 as Float]))])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 1024)
    try expectRefused(try network.finished(y), "the weight of node \"conv1\" (Conv) is computed by the model")
  }

  /// The same network after a session's passes. Neither way folds more than the other.
  @Test func aSessionFoldsTheSame() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let weight = try network.node("Transpose", [network.weights([3, 3, 3, 4])], ["perm": .ints([3, 2, 0, 1])])
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 4)
    let graph = try network.finished(y)
    #expect(try OptimizationPipeline().run(on: graph).nodes.map(\.opType) == ["Conv"])
    #expect(try FoldBatchNormalization().fold(graph).graph.nodes.map(\.opType) == ["Conv"])
  }
}
