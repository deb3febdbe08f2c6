import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Every form of a fold site passes: each operator, maps before and after it, chains, and branches.
@Suite struct SiteFormTests {
  private func expectProof(
    _ graph: Graph, sites: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 3)
    var inputs: [String: Tensor] = [:]
    for id in graph.requiredInputs {
      inputs[graph[id].name] = try random.tensor(graph[id].type!.shape!.sizes!, in: -3...3)
    }
    let samples = [FoldValidation.Sample(name: "random", inputs: inputs)]
    var file = model
    file.graph = try FoldBatchNormalization().fold(graph).graph
    for folded in [nil, file] {
      let report = try FoldValidation(model, folded: folded).run(samples)
      #expect(report.passed, "\(report.reasons)", sourceLocation: sourceLocation)
      #expect(report.sites.count { $0.state == .folded } == sites, sourceLocation: sourceLocation)
      #expect(report.sites.allSatisfy { $0.numbers != nil }, sourceLocation: sourceLocation)
      for site in report.sites {
        let shares = [site.numbers?.folded, site.numbers?.unfolded, site.numbers?.asWritten].map { $0!.shareOfBound }
        #expect(shares.allSatisfy { $0 > 0 && $0 < 1 }, "\(shares)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test(arguments: [1, 2]) func transposedConvolution(group: Int) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 5, 5])
    let y = try network.node(
      "ConvTranspose", [x, network.weights([4, 3, 3, 3]), network.weights([3 * group])],
      ["group": .int(Int64(group)), "strides": .ints([2, 2])])
    try expectProof(try network.finished(network.normalization(y, channels: 3 * group)), sites: 1)
  }

  @Test(arguments: [false, true]) func gemm(transB: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let y = try network.node(
      "Gemm", [x, network.weights(transB ? [5, 7] : [7, 5]), network.weights([5])],
      ["alpha": .float(-0.3), "beta": .float(1.7), "transB": .int(transB ? 1 : 0)])
    try expectProof(try network.finished(network.normalization(y, channels: 5)), sites: 1)
  }

  /// As in LeViT: the tokens are rows of a matrix when they are normalized.
  @Test func matMulWhoseRowsAreNormalized() throws {
    var network = NetworkBuilder()
    let y = try network.node("MatMul", [network.input([2, 4, 7]), network.weights([7, 5])])
    let rows = try network.node("Reshape", [y, network.constant(.list(8, 5))])
    let z = try network.normalization(rows, channels: 5)
    let scaled = try network.node("Mul", [z, network.weights([5], in: 0.5...2)])
    try expectProof(
      try network.finished(network.node("Reshape", [scaled, network.constant(.list(2, 4, 5))])), sites: 1)
  }

  @Test func matMulWhoseChannelsAreBroughtForward() throws {
    var network = NetworkBuilder()
    let y = try network.node("MatMul", [network.input([2, 4, 7]), network.weights([7, 5])])
    let turned = try network.node("Transpose", [y], ["perm": .ints([0, 2, 1])])
    try expectProof(try network.finished(network.normalization(turned, channels: 5)), sites: 1)
  }

  /// The normalization reads the joined and flattened results of two convolutions.
  @Test func convolutionsWhosePicturesAreJoinedAndFlattened() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 5, 5])
    let a = try network.node("Conv", [x, network.weights([4, 3, 3, 3])])
    let b = try network.node("Conv", [x, network.weights([2, 3, 3, 3]), network.weights([2])])
    let joined = try network.node("Concat", [a, b], ["axis": .int(1)])
    let flat = try network.node("Reshape", [joined, network.constant(.list(1, 6, 9))])
    try expectProof(try network.finished(network.normalization(flat, channels: 6)), sites: 2)
  }

  @Test func matMulWithABias() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 7])
    let y = try network.node("MatMul", [x, network.weights([7, 5])])
    let z = try network.node("Add", [y, network.weights([5])])
    try expectProof(try network.finished(network.normalization(z, channels: 5)), sites: 1)
  }

  @Test func aChainAndArithmetic() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    var y = try network.node("Conv", [x, network.weights([3, 2, 3, 3]), network.weights([3])])
    y = try network.normalization(network.normalization(y, channels: 3), channels: 3)
    y = try network.node("Div", [y, network.weights([3, 1, 1], in: 0.5...2)])
    y = try network.node("Sub", [network.weights([3, 1, 1]), y])
    try expectProof(try network.finished(y), sites: 1)
  }

  @Test func branchesOfAConcat() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let a = try network.node("Conv", [x, network.weights([3, 2, 1, 1])])
    let b = try network.node("Conv", [x, network.weights([5, 2, 1, 1])])
    let joined = try network.node("Concat", [a, b], ["axis": .int(1)])
    let scaled = try network.node("Mul", [joined, network.weights([8, 1, 1])])
    try expectProof(try network.finished(network.normalization(scaled, channels: 8)), sites: 2)
  }

  @Test func mapsBeforeAnOperator() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 4, 6, 6])
    let y = try network.normalization(network.normalization(x, channels: 4), channels: 4)
    let z = try network.node("Conv", [y, network.weights([6, 2, 3, 3])], ["group": .int(2)])
    try expectProof(try network.finished(network.normalization(z, channels: 6)), sites: 1)
  }

  /// A session evaluates the operator and its normalization ahead of time. Nothing is left to fold.
  @Test func aConstantInput() throws {
    var network = NetworkBuilder()
    let x = try network.weights([1, 2, 4, 4])
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 3, 3])]), channels: 3)
    let z = try network.node("Add", [y, network.input([1, 3, 2, 2])])
    let graph = try network.finished(z)
    try expectProof(graph, sites: 0)
    let report = try FoldValidation(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])).run([])
    #expect(report.normalizations.total == 1 && report.normalizations.folded == 1)
  }

  /// With a large mean, the bias cancels. Its remaining digits are only as accurate as double
  /// precision.
  @Test func cancellation() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let large = network.constant(try Tensor(shape: [3], [1e6, -1e6, 3e7] as [Float]))
    let ones = network.constant(try Tensor(shape: [3], [1, 1, 1] as [Float]))
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1]), large])
    let z = try network.node("BatchNormalization", [y, ones, try network.weights([3]), large, ones])
    let model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 3)
    let samples = [FoldValidation.Sample(name: "random", inputs: ["x": try random.tensor([1, 2, 4, 4])])]
    let report = try FoldValidation(model).run(samples)
    #expect(report.passed, "\(report.reasons)")
  }

  @Test(arguments: [ElementType.float16, .bfloat16]) func narrowTypes(_ type: ElementType) throws {
    var network = NetworkBuilder(opset: 15)
    let x = network.input([1, 2, 4, 4])
    let y = try network.normalization(network.node("Conv", [x, network.weights([3, 2, 3, 3])]), channels: 3)
    var graph = try network.finished(y)
    for id in graph.valueIDs {
      graph[id].type?.elementType = type
      if let tensor = graph[id].initializer?.tensor {
        graph[id].initializer = Initializer(try tensor.converted(to: type))
      }
    }
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 15)])
    var random = SplitMix64(seed: 3)
    let input = try random.tensor([1, 2, 4, 4]).converted(to: type)
    let report = try FoldValidation(model).run([FoldValidation.Sample(name: "random", inputs: ["x": input])])
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites[0].numbers!.folded.shareOfBound > 0)
  }
}
