import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Folding in the bodies of If and Loop, whose weights often belong to the enclosing graph.
@Suite struct FoldBodiesTests {
  /// Three iterations of Conv and BatchNormalization for x [1, 3, 8, 8].
  private func loop(
    sharedWeight: Bool = false, _ inner: (inout NetworkBuilder, ValueID) throws -> ValueID = { $1 }
  ) throws -> Graph {
    var body = NetworkBuilder(seed: 5)
    let inputs = [
      body.input([], "trip", of: .int64), body.input([], "goes", of: .bool), body.input([1, 3, 8, 8], "state"),
    ]
    let captures = ["w", "g", "b", "m", "v"].map { body.capture($0) }
    let y = try body.node("Conv", [inputs[2], captures[0]], ["pads": .ints([1, 1, 1, 1])], name: "conv")
    let z = try body.node("BatchNormalization", [y] + captures.dropFirst(), name: "bn")
    let state = try inner(&body, z)
    let goes = try body.node("Identity", [inputs[1]])
    let graph = try body.body(outputs: [goes, state], captures: captures)

    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let weights = try [
      network.constant(network.random.tensor([3, 3, 3, 3], in: -0.3...0.3), "w"),
      network.constant(network.random.tensor([3], in: 0.5...1), "g"),
      network.constant(network.random.tensor([3]), "b"), network.constant(network.random.tensor([3]), "m"),
      network.constant(network.random.tensor([3], in: 0.5...2), "v"),
    ]
    let trips = network.constant(try Tensor(scalar: Int64(3)), "trips")
    let yes = network.constant(try Tensor(scalar: true), "yes")
    var result = try network.node(
      "Loop", [trips, yes, x], ["body": .graph(graph)], name: "loop", captures: weights)
    if sharedWeight { result = try network.node("Conv", [result, weights[0]], name: "outer") }
    return try network.finished(result)
  }

  private func body(_ graph: Graph) throws -> Graph {
    let node = try #require(graph.nodes.first { $0.opType == "Loop" })
    guard case .graph(let body) = try #require(node.attributes["body"]) else { throw Missing() }
    return body
  }

  private struct Missing: Error {}

  private func expectSame(_ graph: Graph, _ folded: Graph) throws {
    try folded.checkTypes()
    let inputs = try graph.randomInputs()
    let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    let after = try ReferenceEvaluator(folded).run(inputs)
    #expect(try relativeError(after[0], truth[0]) < 1e-6)
  }

  @Test func aLoopWithWeightsOfTheGraphAroundIt() throws {
    let graph = try loop()
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 1 && report.refusals.isEmpty && report.sites.isEmpty)
    #expect(report.innerSites.map(\.node) == ["node \"conv\" (Conv) in a body of node \"loop\" (Loop)"])
    #expect(report.innerSites[0].absorbed == ["node \"bn\" (BatchNormalization)"])
    let body = try body(folded)
    #expect(body.nodes.map(\.opType).sorted() == ["Conv", "Identity"])
    #expect(body.captures.isEmpty)
    // No node reads the old weights, and they are removed.
    let constants = folded.valueIDs.filter(folded.isConstant).map { folded[$0].name }
    #expect(constants.sorted() == ["trips", "yes"])
    // No value of a body has the name of a value of the enclosing graph.
    let inner = body.inputs + body.nodes.flatMap { Array($0.definitions) } + body.valueIDs.filter(body.isConstant)
    #expect(Set(folded.values.map(\.name)).isDisjoint(with: inner.map { body[$0].name }))
    try expectSame(graph, folded)
  }

  @Test func aWeightThatTheGraphAroundNeedsToo() throws {
    let graph = try loop(sharedWeight: true)
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 1)
    let weight = try #require(folded.value(named: "w"))
    #expect(folded.constant(weight) == graph.constant(weight))
    try expectSame(graph, folded)
  }

  /// A normalization that remains is reported with its reason and place.
  @Test func whatStaysIsNamed() throws {
    let graph = try loop { body, y in
      try body.normalization(body.node("Relu", [y]), channels: 3, name: "second")
    }
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 1)
    #expect(report.refusals.map(\.node) == ["node \"second\" (BatchNormalization) in a body of node \"loop\" (Loop)"])
    #expect(report.refusals[0].reason.contains("which has no weights to fold into"))
    try expectSame(graph, folded)
  }

  @Test func foldingAgainChangesNothing() throws {
    let once = try FoldBatchNormalization().fold(loop()).graph
    let outcome = try FoldBatchNormalization().fold(once)
    let (twice, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 0 && report.innerSites.isEmpty)
    #expect(try body(twice).nodes.map(\.opType) == body(once).nodes.map(\.opType))
  }

  /// Both branches of an If that depends on the data, one nested in the other.
  @Test func branchesInsideOfBranches() throws {
    func branch(_ seed: UInt64) throws -> NetworkBuilder.Branch {
      try NetworkBuilder.Branch(of: "x") { network, x in
        network.random = SplitMix64(seed: seed)
        let y = try network.node("Conv", [x, network.weights([2, 2, 1, 1])], name: "conv\(seed)")
        return try network.normalization(y, channels: 2, name: "bn\(seed)")
      }
    }
    let inner = try branch(1)
    let nested = try NetworkBuilder.Branch(of: "x") { network, x in
      let sum = try network.node("ReduceSum", [x], ["keepdims": .int(0)], name: "innerSum")
      let condition = try network.node("Less", [sum, network.constant(try Tensor(scalar: Float(0)), "innerZero")])
      return try network.choice(condition, then: inner, else: branch(2))
    }
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let sum = try network.node("ReduceSum", [x], ["keepdims": .int(0)])
    let condition = try network.node("Greater", [sum, network.constant(try Tensor(scalar: Float(0)))])
    let graph = try network.finished(network.choice(condition, then: branch(3), else: nested))
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 3 && report.refusals.isEmpty)
    for sign in [-1, 1] as [Float] {
      let inputs = [graph.inputs[0]: try Tensor(shape: [1, 2, 4, 4], (0..<32).map { Float($0) / 7 * sign })]
      let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)
      #expect(try relativeError(ReferenceEvaluator(folded).run(inputs)[0], truth[0]) < 1e-6)
    }
  }

  /// A branch that is always taken replaces the If, and the other one is removed.
  @Test func aBranchThatIsAlwaysTaken() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let weight = try network.weights([2, 2, 1, 1])
    try network.node("Conv", [x, weight], name: "outside")
    let normalized = try NetworkBuilder.Branch(of: "outside.out") { network, y in
      try network.normalization(y, channels: 2, name: "inside")
    }
    let other = try NetworkBuilder.Branch(of: "outside.out") { try $0.node("Relu", [$1]) }
    let yes = network.constant(try Tensor(scalar: true), "yes")
    let graph = try network.finished(network.choice(yes, then: normalized, else: other))
    let outcome = try FoldBatchNormalization().fold(graph)
    let (folded, report) = (outcome.graph, outcome.report)
    #expect(report.foldedNormalizations == 1)
    #expect(folded.nodes.map(\.opType) == ["Conv"])
    let inputs = try graph.randomInputs()
    let truth = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    #expect(try relativeError(ReferenceEvaluator(folded).run(inputs)[0], truth[0]) < 1e-6)
  }
}
