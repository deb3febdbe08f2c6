import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// A normalization after nodes that reorder or reshape the numbers, and keep the channels separate.
@Suite struct FoldRearrangedTests {
  private func linear(_ network: inout NetworkBuilder, _ shape: Shape = [2, 4, 7]) throws -> ValueID {
    try network.node("MatMul", [network.input(shape), network.weights([7, 5])])
  }

  @Test func rowsOfAMatrix() throws {
    var network = NetworkBuilder()
    let y = try linear(&network)
    let rows = try network.node("Reshape", [y, network.constant(.list(-1, 5))])
    let z = try network.node(
      "Reshape", [network.normalization(rows, channels: 5), network.constant(.list(2, 4, 5))])
    let report = try expectFolded(try network.finished(z), operators: ["MatMul", "Add", "Reshape", "Reshape"])
    #expect(report.foldedNormalizations == 1)
  }

  /// As exporters write it for any batch size: the second shape is that of the product, and computing it reads no elements of the product.
  @Test func rowsOfAMatrixOfAnyBatch() throws {
    var network = NetworkBuilder()
    let y = try linear(&network, ["N", 4, 7])
    let rows = try network.node("Reshape", [y, network.constant(.list(-1, 5))])
    let shape = try network.node("Shape", [y])
    let z = try network.node("Reshape", [network.normalization(rows, channels: 5), shape])
    try expectFolded(try network.finished(z), operators: ["MatMul", "Add", "Reshape", "Shape", "Reshape"])
  }

  /// The shape of the value that the normalization reads is also read, and the value is renamed when the normalization is removed.
  @Test func aShapeOfWhatIsNormalized() throws {
    var network = NetworkBuilder()
    let y = try network.node("Conv", [network.input(["N", 3, 4, 4]), network.weights([5, 3, 1, 1])])
    let shape = try network.node("Shape", [y])
    let z = try network.node("Relu", [network.normalization(y, channels: 5)])
    let flat = try network.node("Reshape", [z, network.constant(.list(-1, 80))])
    try expectFolded(
      try network.finished(network.node("Reshape", [flat, shape])),
      operators: ["Conv", "Shape", "Relu", "Reshape", "Reshape"])
  }

  @Test func channelsThatAreBroughtForward() throws {
    var network = NetworkBuilder()
    let y = try network.node("Transpose", [linear(&network)], ["perm": .ints([0, 2, 1])])
    try expectFolded(
      try network.finished(network.normalization(y, channels: 5)), operators: ["MatMul", "Add", "Transpose"])
  }

  @Test func picturesThatAreFlattened() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 4, 4])
    let y = try network.node("Conv", [x, network.weights([5, 3, 3, 3])])
    let flat = try network.node("Reshape", [y, network.constant(.list(2, 5, 4))])
    let z = try network.normalization(flat, channels: 5)
    try expectFolded(try network.finished(z), operators: ["Conv", "Reshape"])
  }

  /// With dynamic dimensions, the batch before the channels is the same.
  @Test func picturesOfAnySizeThatAreFlattened() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, "H", "W"])
    let y = try network.node("Conv", [x, network.weights([5, 3, 1, 1])])
    let flat = try network.node("Reshape", [y, network.constant(.list(0, 5, -1))])
    try expectFolded(try network.finished(network.normalization(flat, channels: 5)), operators: ["Conv", "Reshape"])
  }

  @Test func aPixelThatIsFlattened() throws {
    var network = NetworkBuilder()
    let y = try network.node("Conv", [network.input([3, 2, 3, 3]), network.weights([5, 2, 3, 3])])
    let flat = try network.node("Flatten", [y])
    try expectFolded(try network.finished(network.normalization(flat, channels: 5)), operators: ["Conv", "Flatten"])
  }

  @Test func dimensionsOfOne() throws {
    var network = NetworkBuilder()
    let y = try network.node("Gemm", [network.input([3, 7]), network.weights([7, 5])])
    let deep = try network.node("Unsqueeze", [y, network.constant(.list(2, 3))])
    let z = try network.normalization(deep, channels: 5)
    let flat = try network.node("Squeeze", [z, network.constant(.list(2, 3))])
    try expectFolded(
      try network.finished(network.normalization(flat, channels: 5)), operators: ["Gemm", "Unsqueeze", "Squeeze"])
  }

  /// Arithmetic is folded together with the normalization that it follows.
  @Test func arithmeticBehindTheNormalization() throws {
    var network = NetworkBuilder()
    let rows = try network.node("Reshape", [linear(&network), network.constant(.list(8, 5))])
    let z = try network.node("Mul", [network.normalization(rows, channels: 5), network.weights([5], in: 1...2)])
    try expectFolded(try network.finished(z), operators: ["MatMul", "Add", "Reshape"])
  }

  /// On its own, it may be something else, such as the scale of an attention.
  @Test func arithmeticAlone() throws {
    var network = NetworkBuilder()
    let heads = try network.node("Reshape", [linear(&network), network.constant(.list(2, 4, 5, 1))])
    let half = network.constant(try Tensor(scalar: Float(0.5)))
    let graph = try network.finished(network.node("Mul", [heads, half]))
    let outcome = try FoldBatchNormalization().fold(graph)
    #expect(outcome.graph.nodes.map(\.opType) == ["MatMul", "Reshape", "Mul"] && outcome.report.refusals.isEmpty)
  }

  // MARK: What stays

  @Test func channelsThatAreMixed() throws {
    var network = NetworkBuilder()
    let y = try network.node("Conv", [network.input([1, 3, 2, 2]), network.weights([4, 3, 1, 1])])
    let mixed = try network.node("Reshape", [y, network.constant(.list(2, 4, 2))])
    try expectRefused(
      try network.finished(network.normalization(mixed, channels: 4)), "may mix channels")
  }

  @Test func channelsThatAreSplit() throws {
    var network = NetworkBuilder()
    let y = try network.node("Conv", [network.input([1, 3, 2, 2]), network.weights([4, 3, 1, 1])])
    let split = try network.node("Reshape", [y, network.constant(.list(2, 2, 4))])
    try expectRefused(
      try network.finished(network.normalization(split, channels: 2)), "may mix channels")
  }

  /// Both have an N, which may mean two sizes. Then the rows of one are not those of the other.
  @Test func aSymbolThatMayBeTwoSizes() throws {
    func network(_ other: Shape) throws -> Graph {
      var network = NetworkBuilder()
      let y = try network.node("Conv", [network.input(["N", 3, "H", 1]), network.weights([4, 3, 1, 1])])
      let batch = try network.node(
        "Slice",
        [
          network.node("Shape", [network.input(other, "other")]), network.constant(.list(0)),
          network.constant(.list(1)),
        ])
      let sizes = try network.node("Concat", [batch, network.constant(.list(4, -1))], ["axis": .int(0)])
      let flat = try network.node("Reshape", [y, sizes])
      return try network.finished(network.normalization(flat, channels: 4))
    }
    try expectRefused(try network(["N", 2]), "may mix channels")
  }

  @Test func anotherDimensionThanTheChannels() throws {
    var network = NetworkBuilder()
    let y = try network.node("Conv", [network.input([1, 3, 4, 2]), network.weights([4, 3, 1, 1])])
    let turned = try network.node("Transpose", [y], ["perm": .ints([0, 2, 3, 1])])
    try expectRefused(
      try network.finished(network.normalization(turned, channels: 4)), "is not the second axis")
  }

  @Test func aRearrangedValueThatOthersRead() throws {
    var network = NetworkBuilder()
    let rows = try network.node("Reshape", [linear(&network), network.constant(.list(8, 5))])
    let z = try network.normalization(rows, channels: 5)
    try expectRefused(try network.finished(network.node("Add", [rows, z])), "has another consumer")
  }

  /// A division by a single number is not reported as an unfolded normalization, in an activation or elsewhere.
  @Test func nothingIsSaidOfADecomposedGelu() throws {
    var network = NetworkBuilder()
    let y = try network.node("Gemm", [network.input([3, 7]), network.weights([7, 5]), network.weights([5])])
    func number(_ value: Float) throws -> ValueID { network.constant(try Tensor(scalar: value)) }
    let erf = try network.node("Erf", [network.node("Div", [y, number(Float(2).squareRoot())])])
    let gate = try network.node("Add", [erf, number(1)])
    let graph = try network.finished(
      network.node("Mul", [network.node("Mul", [y, gate]), number(0.5)]))
    let outcome = try FoldBatchNormalization().fold(graph)
    #expect(outcome.report.refusals.isEmpty && outcome.report.sites.isEmpty, "\(outcome.report.refusals)")
  }
}
