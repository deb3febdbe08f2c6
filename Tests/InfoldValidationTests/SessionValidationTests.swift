import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Validations of what sessions run after all passes, with their kernels, in each precision.
@Suite struct SessionValidationTests {
  private func report(
    _ graph: Graph, precisions: [SessionOptions.Precision]? = [.fast, .exact], opset: Int = 13
  ) throws -> ValidationReport {
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
    var random = SplitMix64(seed: 3)
    let samples = try (0..<2).map { index in
      var tensors: [String: Tensor] = [:]
      for id in graph.requiredInputs {
        let type = graph[id].type!
        tensors[graph[id].name] = try random.tensor(type.shape!.sizes!).converted(to: type.elementType)
      }
      return FoldValidation.Sample(name: "sample \(index)", inputs: tensors)
    }
    return try FoldValidation(model, precisions: precisions).run(samples)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (inout NetworkBuilder) throws -> ValueID

    init(_ description: String, _ make: @escaping @Sendable (inout NetworkBuilder) throws -> ValueID) {
      (testDescription, self.make) = (description, make)
    }
  }

  private static let cases = [
    Case("Conv, BatchNormalization, Relu, twice") { network in
      var y = network.input([1, 3, 8, 8])
      for (filters, channels) in [(6, 3), (4, 6)] {
        y = try network.node("Conv", [y, network.weights([filters, channels, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
        y = try network.node("Relu", [network.normalization(y, channels: filters)])
      }
      return y
    },
    Case("Winograd's algorithm") { network in
      let x = network.input([1, 16, 21, 21])
      let y = try network.node("Conv", [x, network.weights([16, 16, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
      return try network.node("Relu", [network.normalization(y, channels: 16)])
    },
    Case("parallel branches, which become one convolution") { network in
      let x = network.input([1, 4, 9, 9])
      let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
      let a = try network.normalization(network.node("Conv", [x, network.weights([4, 4, 3, 3])], pads), channels: 4)
      let b = try network.normalization(network.node("Conv", [x, network.weights([4, 4, 1, 1])]), channels: 4)
      let c = try network.normalization(x, channels: 4)
      return try network.node("Relu", [network.node("Add", [network.node("Add", [a, b]), c])])
    },
    Case("a normalization before a convolution") { network in
      let x = try network.node("Relu", [network.input([1, 3, 7, 7])])
      let y = try network.node("Identity", [network.normalization(x, channels: 3)])
      return try network.node("Conv", [y, network.weights([5, 3, 3, 3])])
    },
    Case("a batch, a concatenation and a pool") { network in
      let x = network.input([3, 4, 8, 8])
      let a = try network.node("Relu", [network.node("Conv", [x, network.weights([4, 4, 1, 1])])])
      let y = try network.node("Concat", [a, x], ["axis": .int(1)])
      let z = try network.node("MaxPool", [y], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
      return try network.node("GlobalAveragePool", [network.normalization(z, channels: 8)])
    },
    Case("a product, an activation of several nodes, and a softmax") { network in
      let x = network.input([2, 12])
      let y = try network.node("Add", [network.node("MatMul", [x, network.weights([12, 8])]), network.weights([8])])
      let z = try network.node("Mul", [y, network.node("Sigmoid", [y])])
      return try network.node("Softmax", [network.node("Gemm", [z, network.weights([8, 6]), network.weights([6])])])
    },
    Case("float16") { network in
      let x = network.input([1, 3, 8, 8], of: .float16)
      let weight = network.constant(try network.random.tensor([4, 3, 3, 3]).converted(to: .float16))
      let parameters = try [0.5...2, -1...1, -1...1, 0.1...3].map { range in
        network.constant(try network.random.tensor([4], in: range).converted(to: .float16))
      }
      let y = try network.node("Conv", [x, weight])
      return try network.node("Relu", [network.node("BatchNormalization", [y] + parameters)])
    },
    Case("bfloat16") { network in
      let x = network.input([1, 3, 8, 8], of: .bfloat16)
      let weight = network.constant(try network.random.tensor([4, 3, 3, 3]).converted(to: .bfloat16))
      return try network.node("Relu", [network.node("Conv", [network.node("Relu", [x]), weight])])
    },
    Case("quantized numbers") { network in
      let x = try network.rounded(network.input([1, 3, 8, 8]), scale: 0.02, zeroPoint: 128)
      let y = try network.node("Conv", [x, network.quantizedWeights([4, 3, 3, 3])])
      let z = try network.rounded(network.node("Relu", [y]), scale: 0.05, zeroPoint: 128)
      return try network.node("GlobalAveragePool", [z])
    },
  ]

  @Test(arguments: cases) func passes(_ given: Case) throws {
    var network = NetworkBuilder(opset: 22)
    let output = try given.make(&network)
    let report = try report(network.finished(output), opset: 22)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sessions.map(\.precision) == ["fast", "exact"])
    for session in report.sessions {
      #expect(session.passed && session.failures.isEmpty && session.notes.isEmpty, "\(session.notes)")
      #expect(session.plannedNodes > 0 && session.nodes > 0)
      let kernels = session.layers.compactMap(\.kernels), passes = session.layers.compactMap(\.passes)
      #expect(!kernels.isEmpty && !passes.isEmpty)
      #expect((kernels + passes).allSatisfy { $0.shareOfBound <= 1 && $0.beyond == 0 })
      #expect(kernels.contains { $0.elements > 0 })
      #expect(session.outputs.count == 1)
    }
  }

  /// The report names the Winograd algorithm, whose bound differs from that of a plain sum.
  @Test func knowsWinogradsAlgorithm() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 32, 24, 24])
    let y = try network.node(
      "Conv", [x, network.weights([32, 32, 3, 3])], ["pads": .ints([1, 1, 1, 1])], name: "conv")
    let report = try report(network.finished(network.node("Relu", [y])))
    #expect(report.passed, "\(report.reasons)")
    let layers = report.sessions.map { $0.layers.first { $0.kernels != nil }! }
    #expect(layers[0].algorithm?.hasPrefix("Winograd") == true && layers[1].algorithm?.hasPrefix("Winograd") == false)
    let bounds = layers.map { $0.kernels!.bound }
    #expect(bounds[0] > bounds[1])
    #expect(layers[0].kernels!.shareOfBound > 0 && layers[0].kernels!.shareOfBound < 1)
  }

  /// A custom operator that computes something else in single precision than in double precision.
  private struct Unsteady: UnaryOperator {
    static let name = "Unsteady"
    static let domain = "com.example"
    static let versions = [1]

    init(_ attributes: inout AttributeReader) throws(InfoldError) {}

    func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
      Element.self == Double.self ? x * 2 : x * Element(2.0002)
    }
  }

  @Test func namesALayerThatIsWrong() throws {
    var random = SplitMix64(seed: 1)
    var builder = ModelBuilder(operators: .standard.adding(Unsteady.self))
    let x = try builder.input("x", shape: [1, 3, 8, 8])
    let weight = try builder.constant(random.tensor([4, 3, 3, 3]))
    let y = try builder.node("Relu", [builder.node("Conv", [x, weight])])
    let z = try builder.node("Unsteady", [y], named: "odd", domain: Unsteady.domain)
    try builder.output(builder.node("MaxPool", [z], attributes: ["kernel_shape": .ints([2, 2])]), named: "y")
    let sample = FoldValidation.Sample(name: "one", inputs: ["x": try random.tensor([1, 3, 8, 8])])
    let report = try FoldValidation(builder.model(), precisions: [.fast]).run([sample])
    #expect(!report.passed)
    let session = try #require(report.sessions.first)
    #expect(!session.passed)
    #expect(
      session.failures.contains { $0.contains("\"odd\"") && $0.contains("precision fast") }, "\(session.failures)")
    #expect(report.reasons.contains { $0.contains("\"odd\"") })
    // The earlier layers are correct.
    #expect(session.layers.first { $0.kernels != nil }?.kernels?.beyond == 0)
  }

  /// Without anything to fold there is nothing to validate, unless a precision is requested.
  @Test func isAnAnswerWhereNothingFolds() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 8, 8])
    let graph = try network.finished(network.node("Relu", [network.node("Conv", [x, network.weights([4, 3, 3, 3])])]))
    let usual = try report(graph, precisions: nil)
    #expect(usual.outcome == .nothingToValidate)
    let distinct = SessionOptions.Precision.allCases.filter { $0.isDistinct(SessionOptions()) }
    #expect(usual.sessions.map(\.precision) == distinct.map(\.rawValue))
    #expect(usual.sessions.allSatisfy { $0.passed })
    let asked = try report(graph, precisions: [.exact])
    #expect(asked.outcome == .passed && asked.sessions.count == 1, "\(asked.reasons)")
    #expect(asked.reasons.contains { $0.hasPrefix("precision exact: ") })
    #expect(try report(graph, precisions: []).sessions.isEmpty)
  }
}
