import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// One weight is wrong by one part in ten thousand. The values are recorded in single precision,
/// and the rounding errors of the other weights change every sum by more.
@Suite struct WeightPairTests {
  /// A layer between two activations.
  struct Layer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let name: String
    let input: [Int]
    let weight: [Int]
    var attributes: AttributeList = [:]
    /// The number of further recorded samples.
    var further = 0

    func graph() throws -> Graph {
      var network = NetworkBuilder(opset: 18, seed: 31)
      var y = network.input(Shape(input))
      y = try network.node("Relu", [y], name: "relu")
      y = try network.node(
        name, [y, network.constant(network.random.tensor(weight, in: -1...1), "w")], attributes, name: "layer")
      y = try network.node("Sigmoid", [y], name: "sigmoid")
      return try network.finished(y)
    }

    func sample(_ seed: UInt64) throws -> ModelComparison.Sample {
      var random = SplitMix64(seed: seed)
      return ModelComparison.Sample(name: "\(seed)", inputs: ["x": try random.tensor(input, in: -1...2)])
    }
  }

  static let layers = [
    Layer(testDescription: "convolution", name: "Conv", input: [1, 40, 14, 14], weight: [6, 40, 3, 3]),
    Layer(
      testDescription: "strided and dilated", name: "Conv", input: [2, 24, 17, 17], weight: [4, 24, 3, 3],
      attributes: ["strides": .ints([2, 1]), "dilations": .ints([1, 2]), "pads": .ints([1, 2, 1, 2])]),
    Layer(
      testDescription: "groups", name: "Conv", input: [1, 48, 12, 12], weight: [8, 24, 3, 3],
      attributes: ["group": .int(2)]),
    Layer(
      testDescription: "depthwise", name: "Conv", input: [1, 12, 12, 12], weight: [12, 1, 3, 3],
      attributes: ["group": .int(12), "pads": .ints([1, 1, 1, 1])]),
    Layer(testDescription: "pointwise", name: "Conv", input: [1, 96, 9, 9], weight: [10, 96, 1, 1]),
    Layer(testDescription: "one dimension", name: "Conv", input: [1, 64, 120], weight: [5, 64, 5]),
    Layer(
      testDescription: "transposed", name: "ConvTranspose", input: [1, 32, 9, 9], weight: [32, 4, 3, 3],
      attributes: ["strides": .ints([2, 2]), "output_padding": .ints([1, 1]), "pads": .ints([1, 1, 1, 1])]),
    Layer(
      testDescription: "transposed groups", name: "ConvTranspose", input: [1, 64, 9, 9], weight: [64, 3, 3, 3],
      attributes: ["group": .int(2), "pads": .ints([1, 1, 1, 1])]),
    Layer(testDescription: "matrix", name: "MatMul", input: [2, 40, 200], weight: [200, 12]),
    Layer(
      testDescription: "Gemm", name: "Gemm", input: [60, 180], weight: [14, 180],
      attributes: ["transB": .int(1), "alpha": .float(0.5)]),
    Layer(
      testDescription: "rows one by one", name: "Gemm", input: [1, 400], weight: [20, 400],
      attributes: ["transB": .int(1)], further: 39),
  ]

  private func report(
    _ layer: Layer, _ second: Graph, from first: Graph
  ) throws -> ComparisonReport {
    let samples = try (0...UInt64(layer.further)).map { try layer.sample(40 + $0) }
    let values = try samples.map { sample in
      try recorded(second, sample).merging(sample.inputs) { computed, _ in computed }
    }
    return try ModelComparison(first.model, first.model).run(
      samples[0], recorded: values[0], further: Array(values.dropFirst()))
  }

  @Test(arguments: layers) func oneWeight(_ layer: Layer) throws {
    let graph = try layer.graph()
    let right = try report(layer, graph, from: graph)
    #expect(right.equal, "\(right.first as Any)")
    let numbers = try graph.constant(graph.value(named: "w")!)!.elements(as: Float.self)
    var random = SplitMix64(seed: 77)
    for _ in 0..<3 {
      var place = 0
      repeat { place = Int(random.next() % UInt64(numbers.count)) } while numbers[place].magnitude < 0.5
      let wrong = try graph.changing("w") { $0[place] *= 1.0001 }
      let report = try report(layer, wrong, from: graph)
      #expect(report.first?.node == "layer", "\(report.first as Any)")
      let constant = try #require(report.first?.constant)
      #expect(constant.name == "w" && constant.part == .number)
      let index = zip(constant.place ?? [], layer.weight).reduce(0) { $0 * $1.1 + $1.0 }
      #expect(index == place)
      #expect(((constant.change ?? 0) / (Double(numbers[place]) * 1e-4) - 1).magnitude < 0.2)
    }
  }

  /// A wrong offset of a channel, and a wrong factor.
  @Test func offsetAndScale() throws {
    var network = NetworkBuilder(opset: 18, seed: 31)
    let x = network.input([1, 64, 14, 14])
    let (w, b) = (try network.random.tensor([6, 64, 3, 3], in: -1...1), try network.random.tensor([6], in: 3...9))
    let y = try network.node("Conv", [x, network.constant(w, "w"), network.constant(b, "b")], name: "layer")
    let graph = try network.finished(try network.node("Sigmoid", [y], name: "sigmoid"))
    let layer = Layer(testDescription: "offset", name: "Conv", input: [1, 64, 14, 14], weight: [])
    let offset = try report(layer, graph.changing("b") { $0[4] *= 1.0001 }, from: graph)
    #expect(offset.first?.constant?.part == .offset && offset.first?.constant?.channel == 4, "\(offset.first as Any)")
    #expect(offset.first?.constant?.name == "b")
    let scale = try report(
      layer, graph.changing("w") { for index in 576..<1152 { $0[index] *= 1.0001 } }, from: graph)
    #expect(scale.first?.constant?.part == .scale && scale.first?.constant?.channel == 1, "\(scale.first as Any)")
    #expect(((scale.first?.constant?.change ?? 0) / 1e-4 - 1).magnitude < 0.1)
  }

  /// A folded normalization followed by an activation. The layer's own output is not recorded.
  @Test func folded() throws {
    var network = NetworkBuilder(opset: 18, seed: 32)
    var y = network.input([1, 48, 13, 13])
    y = try network.node(
      "Conv", [y, network.constant(network.random.tensor([8, 48, 3, 3], in: -1...1), "w")], name: "layer")
    y = try network.normalization(y, channels: 8, name: "bn")
    y = try network.node("Relu", [y], name: "relu")
    let graph = try network.finished(try network.node("Sigmoid", [y], name: "sigmoid"))
    #expect(try compared(graph, graph.folded()).equal)
    for place in [1000, 2011, 3033] {
      let wrong = try graph.changing("w") { $0[place] += 0.6e-4 }
      let report = try compared(graph, wrong.folded(), samples: 1)
      #expect(report.first?.node == "layer", "\(report.first as Any)")
      #expect(report.first?.constant?.place == [place / 432, place % 432 / 9, place % 9 / 3, place % 3])
    }
  }

  /// The weights of a channel are tiny, and the rounding error of its folded offset is larger than its
  /// results. A wrong weight of a later layer is the only difference.
  @Test func weakChannel() throws {
    var network = NetworkBuilder(opset: 18, seed: 34)
    var y = network.input([1, 8, 13, 13])
    var weak = try network.random.tensor([6, 8, 3, 3], in: -1...1).elements(as: Float.self)
    for index in 144..<216 { weak[index] *= 1e-8 }
    for (name, weight) in [
      ("first", try Tensor(shape: [6, 8, 3, 3], weak)),
      ("second", try network.random.tensor([6, 6, 3, 3], in: -1...1)),
    ] {
      y = try network.node("Conv", [y, network.constant(weight, "w " + name)], name: name)
      y = try network.normalization(y, channels: 6, name: "bn " + name)
      y = try network.node("Relu", [y], name: "relu " + name)
    }
    let graph = try network.finished(y)
    #expect(try compared(graph, graph.folded()).equal)
    let report = try compared(graph, graph.changing("w second") { $0[100] += 1e-3 }.folded(), samples: 1)
    #expect(report.first?.node == "second", "\(report.first as Any)")
    #expect(report.others.isEmpty, "\(report.others)")
  }

  /// Errors that are correlated between positions. Weights that differ by a few units of roundoff
  /// are equal, and weights that were rounded to float16 are different.
  @Test func roundedWeights() throws {
    let layer = Self.layers[0], graph = try layer.graph()
    var random = SplitMix64(seed: 4)
    let rounded = try graph.changing("w") { weights in
      for index in weights.indices { weights[index] *= 1 + Float(random.next() % 5) * 0x1p-23 - 0x1p-22 }
    }
    let right = try report(layer, rounded, from: graph)
    #expect(right.equal, "\(right.first as Any)")
    let narrow = try graph.changing("w") { weights in
      for index in weights.indices { weights[index] = Float(Float16(weights[index])) }
    }
    #expect(try report(layer, narrow, from: graph).first?.node == "layer")
  }
}
