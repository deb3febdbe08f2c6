import Infold
import RandomGraphs
import TestSupport
import Testing

/// Models that are saved as a session would run them, as far as ONNX can express it.
@Suite struct OptimizedModelTests {
  /// The optimized model, written and read again. Its session must give the same bits as that of the original.
  @discardableResult
  private func roundTrip(_ model: Model, _ comment: Comment? = nil) throws -> Model {
    let again = try Model(bytes: model.optimized().serialized())
    #expect(again.graph.inputs.map { again.graph[$0].name } == model.graph.inputs.map { model.graph[$0].name })
    var random = SplitMix64(seed: 11)
    var inputs: [String: Tensor] = [:]
    for id in model.graph.requiredInputs {
      let type = try #require(model.graph[id].type), shape = try #require(type.shape)
      inputs[model.graph[id].name] = try Tensor(
        random: shape.map { $0.size ?? 2 }, of: type.elementType, using: &random)
    }
    let expected = outcome(of: model, inputs), results = outcome(of: again, inputs)
    #expect(results == expected, comment)
    return again
  }

  /// The results of a run, or its error.
  private func outcome(of model: Model, _ inputs: [String: Tensor]) -> Result<[String: Tensor], InfoldError> {
    do throws(InfoldError) {
      return .success(try Session(model).run(inputs))
    } catch {
      return .failure(InfoldError(error.code, ""))
    }
  }

  private func model(_ graph: Graph, opset: Int = 13) -> Model {
    Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
  }

  private func operators(_ model: Model) -> [String] { model.graph.nodes.map(\.opType) }

  /// Convolutions with normalizations, and activations as exporters write them, in an opset that does not have these activations.
  @Test(arguments: [11, 13]) func normalizationsAndActivations(opset: Int) throws {
    var network = NetworkBuilder(opset: opset)
    func number(_ number: Float) throws -> ValueID { network.constant(try Tensor(scalar: number)) }
    let three = try number(3), six = try number(6), zero = try number(0)
    let root = try number(Float(2).squareRoot()), one = try number(1), half = try number(0.5)
    var x = network.input(["N", 4, 8, 8])
    func convolved() throws -> ValueID {
      let y = try network.node("Conv", [x, network.weights([4, 4, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
      return try network.normalization(y, channels: 4)
    }
    // HardSwish
    x = try convolved()
    let clipped = try network.node("Clip", [network.node("Add", [x, three]), zero, six])
    x = try network.node("Div", [network.node("Mul", [x, clipped]), six])
    // Swish
    x = try convolved()
    x = try network.node("Mul", [x, network.node("Sigmoid", [x])])
    // Gelu
    x = try convolved()
    let erf = try network.node("Erf", [network.node("Div", [x, root])])
    x = try network.node("Mul", [network.node("Mul", [x, network.node("Add", [erf, one])]), half])
    // Mish
    x = try convolved()
    x = try network.node("Mul", [x, network.node("Tanh", [network.node("Softplus", [x])])])
    // Gelu by tanh
    x = try convolved()
    let cube = try network.node("Mul", [network.node("Mul", [x, x]), x])
    let bent = try network.node("Add", [x, network.node("Mul", [cube, number(0.044715)])])
    let tangent = try network.node("Tanh", [network.node("Mul", [bent, number(0.7978846)])])
    x = try network.node("Mul", [network.node("Mul", [x, half]), network.node("Add", [tangent, one])])
    // Swish with a factor
    x = try convolved()
    x = try network.node("Mul", [x, network.node("Sigmoid", [network.node("Mul", [x, number(1.702)])])])
    x = try convolved()
    var model = try model(network.finished(x), opset: opset)
    model.producerName = "a test"
    let again = try roundTrip(model)
    #expect(!operators(again).contains("BatchNormalization"))
    #expect(operators(again).filter { $0 == "Conv" }.count == 7)
    #expect(Set(operators(again)).isDisjoint(with: ["HardSwish", "Swish", "Gelu", "Mish", "Clip"]))
    #expect(again.producerName == "a test" && again.opsetVersion() == opset)
  }

  /// Constant folding is applied, and a second optimization changes nothing.
  @Test func constants() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 4])
    let weights = try network.node("Transpose", [network.weights([4, 4])])
    let shape = network.constant(try Tensor(shape: [2], [-1, 2] as [Int64]))
    let y = try network.node("Reshape", [network.node("Identity", [network.node("MatMul", [x, weights])]), shape])
    _ = try network.node("Relu", [x])
    let again = try roundTrip(model(network.finished(y)))
    #expect(operators(again) == ["MatMul", "Reshape"])
    #expect(try operators(again.optimized()) == operators(again))
  }

  /// Layer normalization as arithmetic: an operator from opset 17 on, and unchanged before.
  @Test(arguments: [13, 17]) func layerNormalization(opset: Int) throws {
    var network = NetworkBuilder(opset: opset)
    let x = network.input([2, 6, 16])
    let axes: AttributeList = ["axes": .ints([-1])]
    let difference = try network.node("Sub", [x, network.node("ReduceMean", [x], axes)])
    let square = try network.node("Mul", [difference, difference])
    let epsilon = network.constant(try Tensor(scalar: 1e-5 as Float))
    let deviation = try network.node(
      "Sqrt", [network.node("Add", [network.node("ReduceMean", [square], axes), epsilon])])
    let again = try roundTrip(
      model(network.finished(network.node("Div", [difference, deviation])), opset: opset))
    #expect(operators(again).contains("LayerNormalization") == (opset >= 17))
  }

  /// A quantized network remains quantized.
  @Test func quantized() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 6, 6])
    let rounded = try network.rounded(x, scale: 0.01, zeroPoint: 128)
    let y = try network.node("Conv", [rounded, network.quantizedWeights([8, 4, 3, 3])])
    let again = try roundTrip(model(network.finished(network.rounded(y, scale: 0.05, zeroPoint: 100))))
    #expect(operators(again).filter { $0 == "DequantizeLinear" }.count == 3)
  }

  @Test(arguments: 0..<12 as Range<UInt64>) func randomNetworks(block: UInt64) throws {
    for seed in (block * 25)..<(block * 25 + 25) {
      let network = try RandomGraph(seed: seed)
      let hasBodies = network.model.graph.nodes.contains { ["If", "Loop", "Attention"].contains($0.opType) }
      guard hasBodies else {
        try roundTrip(network.model, "seed \(seed)")
        continue
      }
      let again = try Model(bytes: network.model.optimized().serialized())
      #expect(try network.disagreement(running: again) == nil, "seed \(seed)")
    }
  }
}
