import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct FloatConverterTests {
  private func model(_ network: inout NetworkBuilder, _ outputs: ValueID..., opset: Int = 13) throws -> Model {
    Model(graph: try network.finished(outputs), irVersion: 8, opsetImports: [Model.OpsetImport(version: opset)])
  }

  /// Returns each node as its operator and the type of its result.
  private func nodes(_ graph: Graph) -> [String] {
    graph.nodes.map { node in
      "\(node.opType) \(node.outputs[0].flatMap { graph[$0].type?.elementType }.map { "\($0)" } ?? "?")"
    }
  }

  private func converted(
    _ model: Model, _ samples: [Tensor], to target: FloatConverter.Target = .float16, keepsInterface: Bool = true
  ) throws -> (network: ConvertedNetwork, comparison: ConversionComparison) {
    let converter = try FloatConverter(
      model, to: target, keepsInterface: keepsInterface, session: SessionOptions(threads: 1))
    let inputs = samples.map { ["x": $0] }
    let network = try converter.convert(inputs)
    let comparison = try converter.compare(network, count: inputs.count) { index throws(InfoldError) in inputs[index] }
    // The written model can be read and run.
    let read = try Model(bytes: network.model.serialized(), operators: .standard)
    #expect(read.graph.nodes.map(\.opType) == network.model.graph.nodes.map(\.opType))
    return (network, comparison)
  }

  private func expectError(
    _ code: InfoldError.Code, _ facts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    by body: () throws -> Void
  ) {
    let error = #expect(throws: InfoldError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    let text = error.map { "\($0)" } ?? ""
    for fact in facts { #expect(text.contains(fact), "\(text)", sourceLocation: sourceLocation) }
  }

  private func convolutions(_ network: inout NetworkBuilder) throws -> ValueID {
    let x = network.input(["N", 3, 6, 6])
    let y = try network.normalization(
      network.node("Conv", [x, network.weights([4, 3, 3, 3])], name: "conv"), channels: 4)
    let z = try network.node("GlobalAveragePool", [network.node("Relu", [y])])
    return try network.node("Flatten", [z], name: "scores")
  }

  @Test(arguments: FloatConverter.Target.allCases) func halvesWeights(target: FloatConverter.Target) throws {
    var network = NetworkBuilder(opset: 22)
    let original = try model(&network, convolutions(&network), opset: 22)
    var random = SplitMix64(seed: 5)
    let (result, comparison) = try converted(original, [random.tensor([2, 3, 6, 6])], to: target)
    let graph = result.model.graph
    let type = target.elementType
    #expect(
      nodes(graph) == [
        "Cast \(type)", "Conv \(type)", "Relu \(type)", "GlobalAveragePool \(type)", "Flatten \(type)", "Cast float32",
      ])
    #expect(result.convertedNodes == 4 && result.refusals.isEmpty && result.largeValues.isEmpty)
    #expect(result.constants.map(\.count).sorted() == [4, 108])
    #expect(
      graph.outputs.map { graph[$0].name } == ["scores.out"] && graph[graph.outputs[0]].type?.elementType == .float32)
    let decibels = try #require(comparison.outputs[0].quality.pooled.decibels)
    #expect(decibels > (target == .float16 ? 55 : 38) && decibels.isFinite)
    #expect(comparison.rows == 2 && comparison.agreements == 2)
    // The weights are those of the folded network, rounded once.
    let folded = try FoldBatchNormalization().fold(original).model.graph
    let weight = try #require(folded.nodes[0].inputs[1].flatMap(folded.constant))
    #expect(try graph.nodes[1].inputs[1].flatMap(graph.constant) == weight.converted(to: type))
  }

  @Test func convertsTheInterface() throws {
    var network = NetworkBuilder()
    let original = try model(&network, convolutions(&network))
    var random = SplitMix64(seed: 5)
    let (result, _) = try converted(original, [random.tensor([1, 3, 6, 6])], keepsInterface: false)
    let graph = result.model.graph
    #expect(graph.nodes.allSatisfy { $0.opType != "Cast" })
    #expect((graph.inputs + graph.outputs).allSatisfy { graph[$0].type?.elementType == .float16 })
  }

  @Test func keepsFloat32WhereValuesOverflow() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4])
    let y = try network.node("Mul", [x, network.constant(Tensor(scalar: 40_000 as Float))], name: "large")
    let z = try network.node("Mul", [y, network.constant(Tensor(scalar: 1e-4 as Float))], name: "small")
    let original = try model(&network, network.node("Relu", [z]))
    let (result, comparison) = try converted(original, [Tensor(shape: [1, 4], [1, -2, 3, 0.5] as [Float])])
    #expect(result.largeValues.map(\.name) == ["large.out"] && result.largeValues[0].largest == 120_000)
    #expect(result.refusals.count == 2 && result.refusals[0].node.contains("large"))
    #expect(result.refusals[1].node.contains("small"))
    #expect(result.refusals[0].description.contains("large.out"))
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 60)
  }

  @Test func keepsFloat32WhereConstantsDoNotFit() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4])
    let y = try network.node("Add", [x, network.constant(Tensor(scalar: 1e-12 as Float), "epsilon")], name: "add")
    let z = try network.node("Min", [y, network.constant(Tensor(scalar: 1e6 as Float), "bound")], name: "min")
    let original = try model(&network, network.node("Relu", [z]))
    let (result, comparison) = try converted(original, [Tensor(shape: [1, 4], [0, 0, 0, 0] as [Float])])
    #expect(
      result.refusals.map { $0.description.contains("epsilon") || $0.description.contains("bound") } == [true, true])
    #expect(
      nodes(result.model.graph) == ["Add float32", "Min float32", "Cast float16", "Relu float16", "Cast float32"])
    #expect(comparison.outputs[0].largestDifference < 1e-12)
  }

  @Test func countsLosses() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4])
    let w = network.constant(try Tensor(shape: [4], [1, 1e-9, 3e-6, 0] as [Float]), "w")
    let original = try model(&network, network.node("Mul", [x, w]))
    let (result, _) = try converted(original, [Tensor(shape: [1, 4], [1, 1, 1, 1] as [Float])])
    let constant = try #require(result.constants.first)
    #expect(constant.name == "w" && constant.count == 4 && constant.largest == 1)
    #expect(constant.vanished == 1 && constant.subnormal == 1)
  }

  @Test func leavesFloatInputsOfOperators() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 3, 3])
    let scales = network.constant(try Tensor(shape: [4], [1, 1, 2, 2] as [Float]), "scales")
    let y = try network.node("Resize", [x, nil, scales], name: "resize")
    let original = try model(&network, network.node("Conv", [y, network.weights([1, 2, 1, 1])]))
    var random = SplitMix64(seed: 2)
    let (result, _) = try converted(original, [random.tensor([1, 2, 3, 3])])
    let graph = result.model.graph
    #expect(nodes(graph) == ["Cast float16", "Resize float16", "Conv float16", "Cast float32"])
    #expect(graph.nodes[1].inputs[2].flatMap { graph[$0].type?.elementType } == .float32)
  }

  @Test func bodiesReadFloat32() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4])
    let condition = network.input([], "condition", of: .bool)
    _ = try network.node("Relu", [x], name: "relu")
    let branch = try NetworkBuilder.Branch(of: "relu.out") { inner, value in try inner.node("Exp", [value]) }
    let other = try NetworkBuilder.Branch(of: "relu.out") { inner, value in try inner.node("Neg", [value]) }
    let z = try network.choice(condition, then: branch, else: other)
    let original = try model(&network, network.node("Sqrt", [z]))
    let converter = try FloatConverter(original, to: .float16, session: SessionOptions(threads: 1))
    let inputs: [String: Tensor] = [
      "x": try Tensor(shape: [1, 4], [1, -2, 3, 0.5] as [Float]), "condition": try Tensor(scalar: true),
    ]
    let network2 = try converter.convert([inputs])
    let comparison = try converter.compare(network2, count: 1) { _ throws(InfoldError) in inputs }
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 50)
    #expect(network2.convertedNodes == 2)
  }

  @Test func raisesTheOpsetForBfloat16() throws {
    var network = NetworkBuilder(opset: 9)
    let x = network.input([1, 3, 6, 6])
    let y = try network.node("Relu", [network.node("Conv", [x, network.weights([2, 3, 3, 3])])])
    let original = try model(&network, y, opset: 9)
    let converter = try FloatConverter(original, to: .bfloat16)
    #expect(converter.raisedFrom == 9)
    var random = SplitMix64(seed: 2)
    let result = try converter.convert([["x": random.tensor([1, 3, 6, 6])]])
    #expect(result.model.opsetVersion() == 22 && result.model.irVersion >= 10)
    var other = NetworkBuilder()
    let z = try other.node("ReduceMean", [other.input([1, 4])], ["axes": .ints([1])], name: "mean")
    let refused = try model(&other, z)
    expectError(.unsupported, "mean", "opset 22") { _ = try FloatConverter(refused, to: .bfloat16) }
  }

  @Test func refuses() throws {
    var integers = NetworkBuilder()
    let sum = try integers.node("Add", [integers.input([2], of: .int64), integers.input([2], "y", of: .int64)])
    let nothing = try model(&integers, sum)
    let converter = try FloatConverter(nothing, to: .float16)
    let two = try Tensor(shape: [2], [1, 2] as [Int64])
    expectError(.invalidArgument, "float16") { _ = try converter.convert([["x": two, "y": two]]) }
    var network = NetworkBuilder()
    let original = try model(&network, convolutions(&network))
    expectError(.invalidArgument, "no samples") { _ = try FloatConverter(original, to: .float16).convert([]) }
    let infinite = try Tensor(shape: [1, 3, 6, 6], [Float](repeating: .infinity, count: 108))
    expectError(.invalidArgument, "not finite") {
      _ = try FloatConverter(original, to: .float16).convert([["x": infinite]])
    }
  }
}
