import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Two different forms of one operator between equal layers. The comparison names the operator.
@Suite struct OperatorPairTests {
  /// The operator between the layers.
  struct Form: Sendable {
    var name: String
    var attributes: AttributeList = [:]
    /// The constants after the first input.
    var constants: [Tensor?] = []
    var opset = 18

    init(_ name: String, _ attributes: AttributeList = [:], _ constants: [Tensor?] = [], opset: Int = 18) {
      (self.name, self.attributes, self.constants, self.opset) = (name, attributes, constants, opset)
    }

    /// A convolution, the operator, and a layer that accepts any result.
    func graph(_ shape: [Int] = [1, 4, 9, 9], isSequence: Bool = false) throws -> Graph {
      var network = NetworkBuilder(opset: opset, seed: 3)
      var y = network.input(Shape(shape))
      if !isSequence {
        y = try network.node(
          "Conv", [y, network.weights([4, 4, 3, 3])], ["pads": .ints([1, 1, 1, 1])], name: "before")
      }
      let constants = constants.enumerated().map { index, tensor in tensor.map { network.constant($0, "own\(index)") } }
      y = try network.node(name, [y] + constants, attributes, name: "suspect")
      y = try network.node("Sigmoid", [y], name: "after")
      y = try network.node("GlobalAveragePool", [y], name: "mean")
      return try network.finished(y)
    }
  }

  struct Pair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let first: Form
    let second: Form

    init(_ description: String, _ first: Form, _ second: Form) {
      (testDescription, self.first, self.second) = (description, first, second)
    }
  }

  private static func text(_ string: String) -> Attribute { .string(Array(string.utf8)) }

  private static func numbers(_ count: Int, in range: ClosedRange<Float> = -1...1, seed: UInt64 = 5) -> Tensor {
    var random = SplitMix64(seed: seed)
    return try! random.tensor([count], in: range)
  }

  private static func weights(_ shape: [Int]) -> Tensor {
    var random = SplitMix64(seed: 8)
    return try! random.tensor(shape, in: -1...1)
  }

  private static func list(_ numbers: Int64...) -> Tensor { try! Tensor(shape: [numbers.count], numbers) }

  private static func scalar(_ number: Float) -> Tensor { try! Tensor(scalar: number) }

  static let wrong = [
    Pair(
      "alpha of HardSigmoid", Form("HardSigmoid", ["alpha": .float(0.2)]),
      Form("HardSigmoid", ["alpha": .float(1 / 6.0)])),
    Pair("alpha of Elu", Form("Elu", ["alpha": .float(1)]), Form("Elu", ["alpha": .float(0.999)])),
    Pair(
      "Gelu by tanh", Form("Gelu", ["approximate": text("none")], opset: 20),
      Form("Gelu", ["approximate": text("tanh")], opset: 20)),
    Pair("axis of Softmax", Form("Softmax", ["axis": .int(1)]), Form("Softmax", ["axis": .int(-1)])),
    Pair(
      "Softmax of another opset", Form("Softmax", ["axis": .int(1)], opset: 13),
      Form("Softmax", ["axis": .int(1)], opset: 12)),
    Pair(
      "epsilon of LayerNormalization", Form("LayerNormalization", ["epsilon": .float(1e-3)], [numbers(9), numbers(9)]),
      Form("LayerNormalization", ["epsilon": .float(1e-5)], [numbers(9), numbers(9)])),
    Pair(
      "axis of LayerNormalization", Form("LayerNormalization", ["axis": .int(-1)], [numbers(9)]),
      Form("LayerNormalization", ["axis": .int(2)], [numbers(9)])),
    Pair(
      "SAME_LOWER", Form("MaxPool", ["auto_pad": text("SAME_UPPER"), "kernel_shape": .ints([2, 2])]),
      Form("MaxPool", ["auto_pad": text("SAME_LOWER"), "kernel_shape": .ints([2, 2])])),
    Pair(
      "groups in another order", Form("Conv", ["group": .int(2)], [weights([4, 2, 3, 3])]),
      Form("Conv", [:], [try! weights([4, 2, 3, 3]).spread()])),
    Pair(
      "output_padding",
      Form("ConvTranspose", ["strides": .ints([2, 2]), "output_padding": .ints([1, 1])], [weights([4, 2, 3, 3])]),
      Form("ConvTranspose", ["strides": .ints([2, 2]), "output_padding": .ints([0, 0])], [weights([4, 2, 3, 3])])),
    Pair(
      "flipped transposed kernel", Form("ConvTranspose", ["pads": .ints([1, 1, 1, 1])], [weights([4, 4, 3, 3])]),
      Form("ConvTranspose", ["pads": .ints([1, 1, 1, 1])], [try! weights([4, 4, 3, 3]).reversedTaps()])),
    Pair(
      "lower bound of Clip", Form("Clip", [:], [scalar(-1), scalar(1)]), Form("Clip", [:], [scalar(-1.01), scalar(1)])),
    Pair("the other triangle", Form("Trilu", ["upper": .int(1)]), Form("Trilu", ["upper": .int(0)])),
    Pair("other sizes of Slice", slice(to: 8), slice(to: 7)),
    Pair("Slice off by one", slice(from: 0, to: 7), slice(from: 1, to: 8)),
    Pair(
      "nearest mode", resize(["mode": text("nearest"), "nearest_mode": text("floor")]),
      resize(["mode": text("nearest"), "nearest_mode": text("ceil")])),
    Pair(
      "cubic coefficient", resize(["mode": text("cubic")]),
      resize(["mode": text("cubic"), "cubic_coeff_a": .float(-0.5)])),
    Pair(
      "training form", Form("BatchNormalization", [:], statistics),
      Form("BatchNormalization", ["training_mode": .int(1)], statistics)),
    Pair("size of LRN", Form("LRN", ["size": .int(3)]), Form("LRN", ["size": .int(5)])),
    Pair("exponent", Form("Pow", [:], [scalar(2)]), Form("Pow", [:], [scalar(3)])),
    Pair(
      "order of a Transpose", Form("Transpose", ["perm": .ints([0, 1, 3, 2])]),
      Form("Transpose", ["perm": .ints([0, 1, 2, 3])])),
    Pair(
      "statistics per group",
      Form("InstanceNormalization", ["epsilon": .float(1e-5)], [numbers(4), numbers(4, seed: 6)]),
      Form("InstanceNormalization", ["epsilon": .float(1e-5)], [numbers(4), numbers(4, seed: 7)])),
  ]

  private static let statistics: [Tensor?] = [
    numbers(4, in: 0.5...2), numbers(4), numbers(4, seed: 9), numbers(4, in: 0.5...2),
  ]

  private static func slice(from start: Int64 = 1, to end: Int64) -> Form {
    Form("Slice", [:], [list(start), list(end), list(2)])
  }

  private static func resize(_ attributes: AttributeList) -> Form {
    Form("Resize", attributes, [nil, try! Tensor(shape: [4], [1, 1, 1.5, 1.5] as [Float])])
  }

  @Test(arguments: wrong) func differs(_ pair: Pair) throws {
    let (first, second) = (try pair.first.graph(), try pair.second.graph())
    let report = try ModelComparison(first.model(pair.first.opset), second.model(pair.second.opset)).run([sample(first)]
    )
    #expect(report.first?.node == "suspect", "\(report.first as Any)")
    let same = try ModelComparison(first.model(pair.first.opset), first.model(pair.first.opset)).run([sample(first)])
    #expect(same.equal, "\(same.first as Any)")
  }

  /// The same, with values that a wrong runtime would record in single precision.
  @Test(arguments: wrong) func recordedDiffers(_ pair: Pair) throws {
    let (first, second) = (try pair.first.graph(), try pair.second.graph())
    guard pair.first.opset == pair.second.opset, first.nodes.count == second.nodes.count else { return }
    let sample = try sample(first)
    let report = try ModelComparison(first.model(pair.first.opset), first.model(pair.first.opset)).run(
      sample, recorded: recorded(second, sample))
    #expect(report.first?.node == "suspect", "\(report.first as Any)")
    let same = try ModelComparison(first.model(pair.first.opset), first.model(pair.first.opset)).run(
      sample, recorded: recorded(first, sample))
    #expect(same.equal, "\(same.first as Any)")
  }

  private func sample(_ graph: Graph) throws -> ModelComparison.Sample {
    var random = SplitMix64(seed: 12)
    let input = graph.inputs[0]
    return ModelComparison.Sample(
      name: "random", inputs: [graph[input].name: try random.tensor(graph[input].type!.shape!.sizes!, in: -2...2)])
  }
}

extension Graph {
  func model(_ opset: Int) -> Model {
    Model(graph: self, opsetImports: [Model.OpsetImport(version: opset)])
  }
}

extension Tensor {
  /// Returns the weights of two groups as those of one group. Each output channel has weights for
  /// the input channels of the wrong group.
  fileprivate func spread() throws -> Tensor {
    let own = try elements(as: Float.self), taps = shape[2] * shape[3]
    var all = [Float](repeating: 0, count: shape[0] * 4 * taps)
    for row in 0..<shape[0] {
      let start = row < shape[0] / 2 ? 2 : 0
      for index in 0..<(2 * taps) { all[(row * 4 + start) * taps + index] = own[row * 2 * taps + index] }
    }
    return try Tensor(shape: [shape[0], 4, shape[2], shape[3]], all)
  }

  fileprivate func reversedTaps() throws -> Tensor {
    let own = try elements(as: Float.self), taps = shape[2] * shape[3]
    return try Tensor(shape: shape, own.indices.map { own[$0 / taps * taps + taps - 1 - $0 % taps] })
  }
}
