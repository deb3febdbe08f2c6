import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Cases that must not be folded, with the reported reason.
@Suite struct FoldRefusalTests {
  /// A network of a convolution with 3 output channels for [1, 2, 4, 4], to be continued.
  private func convolution(opset: Int = 13) throws -> (network: NetworkBuilder, output: ValueID) {
    var network = NetworkBuilder(opset: opset)
    let x = network.input([1, 2, 4, 4])
    let weight = try network.weights([3, 2, 1, 1])
    let y = try network.node("Conv", [x, weight])
    return (network, y)
  }

  private func tensor(_ elements: [Float]) throws -> Tensor { try Tensor(shape: [elements.count], elements) }

  @Test func anotherConsumer() throws {
    var (network, y) = try convolution()
    let z = try network.normalization(y, channels: 3)
    try expectRefused(try network.finished(network.node("Add", [z, y])), "has another consumer")
  }

  @Test func reportsSayWhatBecameOfWhat() throws {
    var (network, y) = try convolution()
    let z = try network.normalization(y, channels: 3)
    let folded = try FoldBatchNormalization().fold(network.finished(z)).report
    let site = folded.sites[0]
    #expect("\(site)" == "\(site.absorbed[0]) into node \"conv0\" (Conv)")
    #expect("\(site.output)" == "scale and shift of 3 channels in 1 step")
    let refusal = try FoldBatchNormalization().fold(network.finished(network.node("Add", [z, y]))).report.refusals[0]
    #expect(
      "\(refusal)" == "\(refusal.node) is not folded: \(refusal.reason)" && refusal.reason.contains("another consumer"))
  }

  @Test func aGraphOutput() throws {
    var (network, y) = try convolution()
    let z = try network.normalization(y, channels: 3)
    try expectRefused(try network.finished(y, z), "is an output of the graph")
  }

  @Test func anOutputThatASubgraphUses() throws {
    var (network, y) = try convolution()
    let z = try network.normalization(y, channels: 3)
    var graph = try network.finished(z)
    graph.nodes.indices.last.map { index in
      var nodes = graph.nodes
      nodes[index].captures = [y]
      graph.replaceNodes(nodes)
    }
    let capturing = graph
    #expect(try FoldBatchNormalization().fold(capturing).report.sites.isEmpty)
  }

  @Test func aWeightThatIsAnInput() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let weight = network.input([3, 2, 1, 1], "weight")
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 3)
    try expectRefused(try network.finished(y), "the weight of node \"conv0\" (Conv) is an input")
  }

  @Test func aWeightThatACallerMayOverride() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let weight = network.overridable(try network.random.tensor([3, 2, 1, 1]), "weight")
    let y = try network.normalization(network.node("Conv", [x, weight]), channels: 3)
    try expectRefused(try network.finished(y), "which a caller may override")
  }

  @Test func aBiasThatACallerMayOverride() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let bias = network.overridable(try network.random.tensor([3]), "bias")
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 1, 1]), bias]), channels: 3)
    try expectRefused(try network.finished(y), "the bias of node \"conv0\" (Conv) is an input with a default")
  }

  @Test(arguments: 0..<4) func aParameterThatACallerMayOverride(which: Int) throws {
    var (network, y) = try convolution()
    let parameters = try (0..<4).map { index in
      let tensor = try network.random.tensor([3], in: 0.5...2)
      return index == which ? network.overridable(tensor, "parameter") : network.constant(tensor)
    }
    let z = try network.node("BatchNormalization", [y] + parameters)
    try expectRefused(
      try network.finished(z), "its \(["scale", "bias", "mean", "variance"][which]) is an input with a default")
  }

  @Test func aParameterThatTheModelComputes() throws {
    var (network, y) = try convolution()
    let scale = try network.node("Relu", [network.input([3], "scale")])
    let rest = try (0..<3).map { _ in try network.weights([3], in: 0.5...2) }
    try expectRefused(
      try network.finished(network.node("BatchNormalization", [y, scale] + rest)), "its scale is computed by the model")
  }

  @Test func oneNumberPerActivation() throws {
    var (network, y) = try convolution(opset: 7)
    let parameters = try (0..<4).map { _ in try network.weights([3, 4, 4], in: 0.5...2) }
    try expectRefused(
      try network.finished(network.node("BatchNormalization", [y] + parameters, ["spatial": .int(0)])), "spatial=0")
  }

  @Test func theTrainingForm() throws {
    var (network, y) = try convolution(opset: 14)
    let z = try network.normalization(y, channels: 3, ["training_mode": .int(1)])
    try expectRefused(try network.finished(z), "training form")
  }

  @Test(arguments: 0..<4, [Float.nan, .infinity]) func aParameterThatIsNotFinite(which: Int, value: Float) throws {
    var (network, y) = try convolution()
    let parameters = try (0..<4).map { network.constant(try tensor($0 == which ? [1, value, 1] : [1, 1, 1])) }
    try expectRefused(try network.finished(network.node("BatchNormalization", [y] + parameters)), "in channel 1")
  }

  @Test func aVarianceThatIsNegative() throws {
    var (network, y) = try convolution()
    let ones = try tensor([1, 1, 1])
    let parameters = [ones, ones, ones, try tensor([1, 1, -0.5])].map { network.constant($0) }
    try expectRefused(
      try network.finished(network.node("BatchNormalization", [y] + parameters)), "its variance is -0.5 in channel 2")
  }

  @Test func aVarianceThatEpsilonMakesPositiveIsFolded() throws {
    var (network, y) = try convolution()
    let ones = try tensor([1, 1, 1])
    let parameters = [ones, ones, ones, try tensor([1, 1, -0.5])].map { network.constant($0) }
    let z = try network.node("BatchNormalization", [y] + parameters, ["epsilon": .float(1)])
    try expectFolded(try network.finished(z), operators: ["Conv"])
  }

  @Test func aProductOutsideTheRange() throws {
    var (network, y) = try convolution()
    let (ones, large) = (try tensor([1, 1, 1]), try tensor([3e38, 1, 1]))
    let parameters = [large, ones, ones, try tensor([1e-6, 1, 1])].map { network.constant($0) }
    try expectRefused(
      try network.finished(network.node("BatchNormalization", [y] + parameters)), "outside the range of float32")
  }

  /// A mean that is large compared with the deviation: the new bias would need digits that the type does not have. If half as many are
  /// lost, it is folded.
  @Test(
    arguments: [
      (.float16, 10, 0.01), (.bfloat16, 30, 0.1), (.float32, 1000, 0.01), (.float64, 1e9, 1e-3),
    ] as [(ElementType, Double, Double)])
  func digitsThatWouldBeLost(type: ElementType, mean: Double, deviation: Double) throws {
    func network(mean: Double, deviation: Double) throws -> Graph {
      var network = NetworkBuilder(opset: 15)
      let x = network.input([1, 2, 4, 4], of: type)
      func constant(_ shape: [Int], _ numbers: [Double]) throws -> ValueID {
        network.constant(try Tensor(shape: shape, numbers).converted(to: type))
      }
      let y = try network.node("Conv", [x, try constant([3, 2, 1, 1], [1, 0, 0, 1, 1, 1])])
      let parameters = try [
        [1, 1, 1], [-0.4, 0.9, 1.5], [0, mean, 0], [1, deviation * deviation, 1],
      ].map { try constant([3], $0) }
      let z = try network.node("BatchNormalization", [y] + parameters, ["epsilon": .float(1e-20)])
      return try network.finished(z)
    }
    let report = try FoldBatchNormalization().fold(try network(mean: mean, deviation: deviation)).report
    #expect(report.sites.isEmpty)
    let reason = try #require(report.refusals.first?.reason)
    #expect(reason.contains("\(type) is too imprecise for the folded weight and bias of channel 1"))
    let u = [ElementType.float16: 0x1p-11, .bfloat16: 0x1p-8, .float32: 0x1p-24, .float64: 0x1p-53][type]!
    let harmless = deviation / u.squareRoot() / 4
    #expect(
      try FoldBatchNormalization().fold(try network(mean: harmless, deviation: deviation)).report.refusals.isEmpty)
  }

  /// The same as arithmetic, and before the operator.
  @Test func digitsThatArithmeticWouldLose() throws {
    var (network, y) = try convolution()
    let z = try network.node("Sub", [y, network.constant(try Tensor(shape: [3, 1, 1], [1000, 0, 0] as [Float]))])
    let scaled = try network.node("Mul", [z, network.constant(try Tensor(shape: [3, 1, 1], [99, 2, 3] as [Float]))])
    let outcome = try FoldBatchNormalization().fold(try network.finished(scaled))
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(folded.nodes.map(\.opType) == ["Conv", "Mul"])
    #expect(report.refusals.first?.reason.contains("float32 is too imprecise") == true)

    var before = NetworkBuilder()
    let parameters = try [[1, 1], [0, 0], [1000, 0], [1e-4, 1]].map { before.constant(try tensor($0)) }
    let normal = try before.node("BatchNormalization", [before.input([1, 2, 4, 4])] + parameters)
    let graph = try before.finished(try before.node("Conv", [normal, before.weights([3, 2, 1, 1])]))
    let forward = try FoldBatchNormalization().fold(graph)
    #expect(forward.graph.nodes.map(\.opType) == ["BatchNormalization", "Conv"])
    #expect(forward.report.refusals.first?.reason.contains("float32 is too imprecise") == true)
  }

  /// If the bias before the normalization already contains the mean, nothing cancels.
  @Test func aMeanThatTheBiasHas() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let bias = network.constant(try tensor([1000, 1000, 1000]))
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1]), bias])
    let parameters = try [[1, 1, 1], [0, 0, 0], [1000, 1000, 1000], [1e-4, 1e-4, 1e-4]].map {
      network.constant(try tensor($0))
    }
    let z = try network.node("BatchNormalization", [y] + parameters)
    let outcome = try FoldBatchNormalization().fold(try network.finished(z))
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(folded.nodes.map(\.opType) == ["Conv"] && report.refusals.isEmpty)
  }

  /// Weights so small that float16 has only one or two digits for them.
  @Test func weightsThatVanish() throws {
    for (scale, isFolded) in [(Float(1e-3), true), (1e-7, false)] {
      var network = NetworkBuilder(opset: 15)
      let x = network.input([1, 2, 4, 4], of: .float16)
      func constant(_ shape: [Int], _ numbers: [Float]) throws -> ValueID {
        network.constant(try Tensor(shape: shape, numbers).converted(to: .float16))
      }
      let y = try network.node("Conv", [x, try constant([1, 2, 1, 1], [0.7, -0.9])])
      let parameters = try [[scale], [0], [0], [1]].map { try constant([1], $0) }
      let z = try network.node("BatchNormalization", [y] + parameters)
      let report = try FoldBatchNormalization().fold(try network.finished(z)).report
      #expect(report.refusals.isEmpty == isFolded, "\(scale)")
    }
  }

  @Test func aShiftBeforePadding() throws {
    for padding in [["pads": .ints([1, 1, 1, 1])], ["auto_pad": .string(Array("SAME_LOWER".utf8))]] as [AttributeList] {
      var network = NetworkBuilder()
      let x = network.input([1, 2, 4, 4])
      let y = try network.normalization(x, channels: 2)
      try expectRefused(
        try network.finished(network.node("Conv", [y, network.weights([3, 2, 3, 3])], padding)), "pads with zeros")
    }
  }

  @Test func nothingWithWeightsAround() throws {
    var network = NetworkBuilder()
    let y = try network.normalization(network.node("Relu", [network.input([1, 2, 4, 4])]), channels: 2)
    try expectRefused(try network.finished(network.node("Relu", [y])), "has no weights to fold into")
  }

  @Test func anInputOfTheGraph() throws {
    var network = NetworkBuilder()
    let y = try network.normalization(network.input([1, 2, 4, 4]), channels: 2)
    try expectRefused(try network.finished(network.node("Relu", [y])), "its input is an input of the graph")
  }

  /// A normalization that cannot be folded into the operator after it has a suitable reason.
  @Test func anOwnOutputThatIsOneOfTheGraph() throws {
    var network = NetworkBuilder()
    let y = try network.normalization(network.input([1, 2, 4, 4]), channels: 2)
    try expectRefused(
      try network.finished(y), "its input is an input of the graph; its own output is an output of the graph")
    let z = try network.node("Identity", [y])
    try expectRefused(try network.finished(z), "derived from it is an output of the graph")
    let a = try network.node("Relu", [y]), b = try network.node("Relu", [y])
    try expectRefused(try network.finished(a, b), "its own output has several consumers")
    var unread = NetworkBuilder()
    let x = unread.input([1, 2, 4, 4])
    _ = try unread.normalization(x, channels: 2)
    try expectRefused(try unread.finished(unread.node("Relu", [x])), "no consumer")
  }

  @Test func aDropoutThatACallerMaySwitchOn() throws {
    var (network, y) = try convolution()
    let ratio = network.constant(try Tensor(scalar: Float(0.5)))
    let mode = network.overridable(try Tensor(scalar: false), "training_mode")
    let z = try network.normalization(network.node("Dropout", [y, ratio, mode]), channels: 3)
    try expectRefused(try network.finished(z), "has no weights to fold into")
  }

  /// The map's channels are the last dimension; those of the convolution are not.
  @Test func aMapBeforeAConvolutionThatReadsAnotherAxis() throws {
    var network = NetworkBuilder()
    let product = try network.node("MatMul", [network.input([1, 3, 4, 3]), network.weights([3, 3])])
    let mapped = try network.node("Mul", [product, network.weights([3])])
    let y = try network.node("Conv", [mapped, network.weights([2, 3, 1, 1])])
    try expectRefused(
      try network.finished(y, product),
      "is an output of the graph; its output is not the input of an operator with weights")
  }

  @Test func aConcatWithABranchThatCannotBeFolded() throws {
    var (network, y) = try convolution()
    let other = network.input([1, 2, 4, 4], "other")
    let joined = try network.node("Concat", [y, other], ["axis": .int(1)])
    try expectRefused(try network.finished(network.normalization(joined, channels: 5)), "is an input of the graph")
  }

  @Test func aConcatOfAnotherAxis() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let a = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let b = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let joined = try network.node("Concat", [a, b], ["axis": .int(2)])
    try expectRefused(
      try network.finished(network.normalization(joined, channels: 3)), "another axis than the channels")
  }

  @Test func aConcatOfAValueWithItself() throws {
    var (network, y) = try convolution()
    let joined = try network.node("Concat", [y, y], ["axis": .int(1)])
    try expectRefused(try network.finished(network.normalization(joined, channels: 6)), "a value with itself")
  }

  @Test func channelsThatAMatMulDoesNotWrite() throws {
    var network = NetworkBuilder()
    let y = try network.node("MatMul", [network.input([2, 3, 5]), network.weights([5, 3])])
    try expectRefused(try network.finished(network.normalization(y, channels: 3)), "is not the last axis")
  }

  @Test func aConstantThatVariesWithThePosition() throws {
    var (network, y) = try convolution()
    let z = try network.node("Mul", [y, network.weights([3, 4, 4])])
    let graph = try network.finished(z)
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.sites.isEmpty)
    #expect(folded.nodes.map(\.opType) == ["Conv", "Mul"])
  }

  @Test func aGemmBiasThatVariesWithTheRow() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let y = try network.node("Gemm", [x, network.weights([7, 5]), network.weights([3, 5])])
    try expectRefused(try network.finished(network.normalization(y, channels: 5)), "not one number per channel")
  }

  /// In a long chain of maps, only as many are folded as take little time.
  @Test func manyMaps() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4])
    var y = try network.node("Conv", [x, try network.weights([2, 3, 1, 1])])
    let one = network.constant(try Tensor(scalar: 1 as Float))
    for _ in 0..<70 { y = try network.node("Add", [y, one]) }
    let outcome = try FoldBatchNormalization().fold(try network.finished(y))
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.sites.map(\.absorbed.count) == [64])
    #expect(folded.nodes.map(\.opType) == ["Conv"] + Array(repeating: "Add", count: 6))
  }

  /// Many nodes exhaust neither the stack nor the time.
  @Test(arguments: ["Identity", "Concat"]) func manyNodesBetween(name: String) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4])
    var y = try network.node("Conv", [x, try network.weights([2, 3, 1, 1])])
    for _ in 0..<50_000 { y = try network.node(name, [y], name == "Concat" ? ["axis": .int(1)] : [:]) }
    y = try network.normalization(y, channels: 2)
    try expectRefused(try network.finished(y), "more than 1000 nodes")
  }

  /// One number for more channels than fit into memory.
  @Test func declaredChannels() throws {
    var network = NetworkBuilder()
    let x = network.input([1, .fixed(1 << 44), 1, 1])
    let y = try network.node("Mul", [x, network.constant(try Tensor(scalar: 2 as Float))])
    let graph = try network.finished(y)
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(folded.nodes.count == 1)
    #expect(report.sites.isEmpty)
  }
}
