import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Which nodes are fused, by the names of their operators.
@Suite struct EpilogueFusionTests {
  /// A network whose convolutions, with 4 channels of 6 × 6 pixels, support every epilogue.
  private struct Blocks {
    var network = NetworkBuilder(opset: 20)
    let x: ValueID

    init() { x = network.input([1, 4, 6, 6]) }

    mutating func node(_ opType: String, _ inputs: ValueID..., attributes: AttributeList = [:]) throws -> ValueID {
      try network.node(opType, inputs, attributes)
    }

    mutating func convolution(_ x: ValueID) throws -> ValueID {
      try network.node("Conv", [x, try network.weights([4, 4, 1, 1])])
    }

    mutating func clip(_ x: ValueID, _ lower: Float, _ upper: Float) throws -> ValueID {
      try network.node("Clip", [x] + [lower, upper].map { network.constant(try Tensor(scalar: $0)) })
    }

    /// The operators of each fused step, in order.
    mutating func fused(
      _ outputs: ValueID..., capability: EpilogueCapability = [.activation, .residual]
    ) throws -> [String] {
      let graph = try network.finished(outputs)
      let fusion = EpilogueFusion(graph) { $0.typed is Conv ? capability : [] }
      return fusion.nodes.map { node in
        let types = node.nodes.map { graph[$0].opType }
        return types.joined(separator: "+") + (node.residual == nil ? "" : node.activatesFirst ? " (first)" : " (last)")
      }
    }
  }

  static let activations: [(String, AttributeList, Bool)] = [
    ("Relu", [:], true), ("LeakyRelu", ["alpha": .float(0.2)], true),
    ("LeakyRelu", ["alpha": .float(.infinity)], false),
    ("HardSigmoid", [:], true), ("HardSwish", [:], true), ("Sigmoid", [:], true), ("Tanh", [:], true),
    ("Gelu", [:], true), ("Gelu", ["approximate": .string(Array("tanh".utf8))], true), ("Elu", [:], true),
    ("Elu", ["alpha": .float(.infinity)], false), ("Exp", [:], true), ("Softplus", [:], true), ("Mish", [:], true),
    ("Neg", [:], false),
  ]

  @Test(arguments: activations) func activation(opType: String, attributes: AttributeList, isFused: Bool) throws {
    var blocks = Blocks()
    let y = try blocks.node(opType, blocks.convolution(blocks.x), attributes: attributes)
    #expect(try blocks.fused(y) == (isFused ? ["Conv+\(opType)"] : ["Conv", opType]))
  }

  @Test func bounds() throws {
    var blocks = Blocks()
    let y = try blocks.clip(blocks.convolution(blocks.x), 0, 6)
    #expect(try blocks.fused(y) == ["Conv+Clip"])

    var crossed = Blocks()
    let z = try crossed.clip(crossed.convolution(crossed.x), 6, 0)
    #expect(try crossed.fused(z) == ["Conv", "Clip"])

    var computed = Blocks()
    let bound = computed.network.input([], "bound")
    let w = try computed.node("Clip", computed.convolution(computed.x), bound)
    #expect(try computed.fused(w) == ["Conv", "Clip"])
  }

  @Test func additionBeforeAndBehindAnActivation() throws {
    for opType in ["Add", "Sum"] {
      var blocks = Blocks()
      let last = try blocks.node("Relu", blocks.node(opType, blocks.convolution(blocks.x), blocks.x))
      #expect(try blocks.fused(last) == ["Conv+\(opType)+Relu (last)"])

      var others = Blocks()
      let first = try others.node(opType, others.x, others.node("Relu", others.convolution(others.x)))
      #expect(try others.fused(first) == ["Conv+Relu+\(opType) (first)"])
    }
  }

  /// Of two convolutions, the later one adds, because the other result exists by then.
  @Test func additionOfTwoConvolutions() throws {
    var blocks = Blocks()
    let a = try blocks.convolution(blocks.x), b = try blocks.convolution(blocks.x)
    #expect(try blocks.fused(blocks.node("Add", a, b)) == ["Conv", "Conv+Add (last)"])
  }

  @Test func aKernelThatCannot() throws {
    var blocks = Blocks()
    let y = try blocks.node("Relu", blocks.node("Add", blocks.convolution(blocks.x), blocks.x))
    #expect(try blocks.fused(y, capability: .activation) == ["Conv", "Add", "Relu"])
    #expect(try blocks.fused(y, capability: .residual) == ["Conv+Add (last)", "Relu"])
    #expect(try blocks.fused(y, capability: []) == ["Conv", "Add", "Relu"])
  }

  @Test func whatOthersRead() throws {
    var blocks = Blocks()
    let convolved = try blocks.convolution(blocks.x)
    let relu = try blocks.node("Relu", convolved), tanh = try blocks.node("Tanh", convolved)
    #expect(try blocks.fused(relu, tanh) == ["Conv", "Relu", "Tanh"])

    var twice = Blocks()
    let y = try twice.convolution(twice.x)
    #expect(try twice.fused(twice.node("Add", y, y)) == ["Conv", "Add"])
  }

  @Test func anOutput() throws {
    var blocks = Blocks()
    let convolved = try blocks.convolution(blocks.x)
    let relu = try blocks.node("Relu", convolved)
    #expect(try blocks.fused(convolved, relu) == ["Conv", "Relu"])
  }

  @Test func shapesThatDiffer() throws {
    var blocks = Blocks()
    let means = try blocks.node("GlobalAveragePool", blocks.x)
    #expect(
      try blocks.fused(blocks.node("Add", blocks.convolution(blocks.x), means)) == ["GlobalAveragePool", "Conv", "Add"])
  }

  /// Two epilogues of the same kind: the second one is not fused.
  @Test func twoOfAKind() throws {
    var blocks = Blocks()
    let y = try blocks.node("Tanh", blocks.node("Relu", blocks.convolution(blocks.x)))
    #expect(try blocks.fused(y) == ["Conv+Relu", "Tanh"])

    var sums = Blocks()
    let z = try sums.node("Add", sums.node("Add", sums.convolution(sums.x), sums.x), sums.x)
    #expect(try sums.fused(z) == ["Conv+Add (last)", "Add"])
  }

  /// Combinations other than a sum are not residuals, and neither is a sum of three values.
  @Test func otherCombinations() throws {
    for opType in ["Sub", "Mul", "Max"] {
      var blocks = Blocks()
      #expect(try blocks.fused(blocks.node(opType, blocks.convolution(blocks.x), blocks.x)) == ["Conv", opType])
    }
    var blocks = Blocks()
    #expect(try blocks.fused(blocks.node("Sum", blocks.convolution(blocks.x), blocks.x, blocks.x)) == ["Conv", "Sum"])
  }

  /// A fused step runs at the position of its last node, when the value that it adds exists.
  @Test func theOrder() throws {
    var blocks = Blocks()
    let convolved = try blocks.convolution(blocks.x)
    let other = try blocks.node("Exp", blocks.x)
    #expect(try blocks.fused(blocks.node("Add", convolved, other)) == ["Exp", "Conv+Add (last)"])
  }
}
