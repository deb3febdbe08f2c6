import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Held-out pairs: the comparison was not tuned on them.
@Suite struct HeldOutPairTests {
  /// A network in two forms, and the wrong node of the second one; `nil` if both are equal.
  struct Pair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let node: String?
    let first: @Sendable (inout NetworkBuilder, ValueID) throws -> ValueID
    let second: @Sendable (inout NetworkBuilder, ValueID) throws -> ValueID
    var shape = [1, 4, 10, 8]
  }

  private static func text(_ string: String) -> Attribute { .string(Array(string.utf8)) }

  private static func numbers(_ shape: [Int], in range: ClosedRange<Float> = -1...1, seed: UInt64 = 5) throws -> Tensor
  {
    var random = SplitMix64(seed: seed)
    return try random.tensor(shape, in: range)
  }

  private static func list(_ numbers: [Int64]) throws -> Tensor { try Tensor(shape: [numbers.count], numbers) }

  /// The node to test, followed by a layer.
  private static func suspect(
    _ name: String, _ attributes: AttributeList, _ constants: @escaping @Sendable () throws -> [Tensor?] = { [] }
  ) -> @Sendable (inout NetworkBuilder, ValueID) throws -> ValueID {
    { network, x in
      var y = try network.node("Conv", [x, network.constant(numbers([4, 4, 1, 1]))], name: "before")
      let constants = try constants().map { $0.map { network.constant($0) } }
      y = try network.node(name, [y] + constants, attributes, name: "suspect")
      y = try network.node("Tanh", [y], name: "tanh")
      return try network.node("GlobalAveragePool", [y], name: "mean")
    }
  }

  static let pairs = [
    Pair(
      testDescription: "slope of PRelu", node: "suspect",
      first: suspect("PRelu", [:]) { [try numbers([4, 1, 1], in: 0.1...0.3)] },
      second: suspect("PRelu", [:]) { [try numbers([4, 1, 1], in: 0.1...0.3, seed: 6)] }),
    Pair(
      testDescription: "alpha of LRN", node: "suspect", first: suspect("LRN", ["size": .int(3), "alpha": .float(0.1)]),
      second: suspect("LRN", ["size": .int(3), "alpha": .float(0.1 / 3)])),
    Pair(
      testDescription: "groups of a normalization", node: "suspect",
      first: { network, x in
        try network.node(
          "GroupNormalization", [x, network.constant(numbers([2])), network.constant(numbers([2]))],
          ["num_groups": .int(2)],
          name: "suspect")
      },
      second: { network, x in
        try network.node(
          "GroupNormalization", [x, network.constant(numbers([4])), network.constant(numbers([4]))],
          ["num_groups": .int(4)],
          name: "suspect")
      }),
    Pair(
      testDescription: "exclusive sums", node: "suspect",
      first: suspect("CumSum", [:]) { [try Tensor(scalar: Int64(2))] },
      second: suspect("CumSum", ["exclusive": .int(1)]) { [try Tensor(scalar: Int64(2))] }),
    Pair(
      testDescription: "gathered channels", node: "suspect",
      first: suspect("Gather", ["axis": .int(1)]) { [try list([2, 0, 3, 1])] },
      second: suspect("Gather", ["axis": .int(1)]) { [try list([2, 0, 1, 3])] }),
    Pair(
      testDescription: "ELU for CELU", node: "suspect", first: suspect("Celu", ["alpha": .float(2)]),
      second: suspect("Elu", ["alpha": .float(2)])),
    Pair(
      testDescription: "padding on the other side", node: "suspect",
      first: suspect("Pad", [:]) { [try list([0, 0, 1, 0, 0, 0, 0, 1])] },
      second: suspect("Pad", [:]) { [try list([0, 0, 0, 1, 0, 0, 1, 0])] }),
    Pair(
      testDescription: "reversed gates of a GRU", node: "suspect",
      first: { network, x in try gru(&network, x, isSwapped: false) },
      second: { network, x in try gru(&network, x, isSwapped: true) }, shape: [5, 2, 6]),
    Pair(
      testDescription: "direction of an LSTM", node: "suspect",
      first: { network, x in try lstm(&network, x, "forward") },
      second: { network, x in try lstm(&network, x, "reverse") },
      shape: [5, 2, 6]),
    Pair(
      testDescription: "scale of a quantization", node: "suspect",
      first: { network, x in try quantized(&network, x, 0.02) },
      second: { network, x in try quantized(&network, x, 0.021) }),
    Pair(
      testDescription: "a pointwise layer as a matrix", node: nil,
      first: { network, x in
        let y = try network.node("Conv", [x, network.constant(numbers([5, 4, 1, 1]))], name: "pointwise")
        return try network.node("Tanh", [y], name: "tanh")
      },
      second: { network, x in
        var y = try network.node("Transpose", [x], ["perm": .ints([0, 2, 3, 1])])
        let weight = try numbers([5, 4]).elements(as: Float.self)
        let turned = try Tensor(shape: [4, 5], (0..<20).map { weight[$0 % 5 * 4 + $0 / 5] })
        y = try network.node("MatMul", [y, network.constant(turned)], name: "matmul")
        y = try network.node("Transpose", [y], ["perm": .ints([0, 3, 1, 2])])
        return try network.node("Tanh", [y])
      }),
    Pair(
      testDescription: "a split that is joined", node: nil,
      first: { network, x in
        let y = try network.node("Conv", [x, network.constant(numbers([6, 4, 3, 3]))], name: "conv")
        return try network.node("Softplus", [y], name: "softplus")
      },
      second: { network, x in
        let all = try numbers([6, 4, 3, 3]).elements(as: Float.self)
        let upper = try Tensor(shape: [2, 4, 3, 3], Array(all[..<72]))
        let lower = try Tensor(shape: [4, 4, 3, 3], Array(all[72...]))
        let a = try network.node("Conv", [x, network.constant(upper)]),
          b = try network.node("Conv", [x, network.constant(lower)])
        let y = try network.node("Concat", [a, b], ["axis": .int(1)])
        return try network.node("Softplus", [y])
      }),
    Pair(
      testDescription: "padding by a node of its own", node: nil,
      first: { network, x in
        let y = try network.node(
          "Conv", [x, network.constant(numbers([3, 4, 3, 3]))], ["pads": .ints([1, 1, 1, 1])], name: "conv")
        return try network.node("Relu", [y], name: "relu")
      },
      second: { network, x in
        let y = try network.node("Pad", [x, network.constant(list([0, 0, 1, 1, 0, 0, 1, 1]))])
        return try network.node("Relu", [network.node("Conv", [y, network.constant(numbers([3, 4, 3, 3]))])])
      }),
    Pair(
      testDescription: "a wrong weight behind a join", node: "lower",
      first: { network, x in try joined(&network, x, factor: 1) },
      second: { network, x in try joined(&network, x, factor: 1.0001) }),
  ]

  private static func gru(_ network: inout NetworkBuilder, _ x: ValueID, isSwapped: Bool) throws -> ValueID {
    var weights = try numbers([1, 12, 6]).elements(as: Float.self)
    if isSwapped { for index in 0..<24 { weights.swapAt(index, 24 + index) } }
    let y = try network.node(
      "GRU",
      [x, network.constant(Tensor(shape: [1, 12, 6], weights)), network.constant(numbers([1, 12, 4], seed: 8))],
      ["hidden_size": .int(4)], name: "suspect")
    return try network.node("Sigmoid", [y], name: "sigmoid")
  }

  private static func lstm(_ network: inout NetworkBuilder, _ x: ValueID, _ direction: String) throws -> ValueID {
    let y = try network.node(
      "LSTM", [x, network.constant(numbers([1, 16, 6])), network.constant(numbers([1, 16, 4], seed: 8))],
      ["hidden_size": .int(4), "direction": text(direction)], name: "suspect")
    return try network.node("Sigmoid", [y], name: "sigmoid")
  }

  private static func quantized(_ network: inout NetworkBuilder, _ x: ValueID, _ scale: Float) throws -> ValueID {
    let scale = network.constant(try Tensor(scalar: scale)), zero = network.constant(try Tensor(scalar: UInt8(128)))
    var y = try network.node("QuantizeLinear", [x, scale, zero], name: "suspect")
    y = try network.node("DequantizeLinear", [y, scale, zero], name: "dequantize")
    return try network.node("Conv", [y, network.constant(numbers([3, 4, 3, 3]))], name: "conv")
  }

  private static func joined(_ network: inout NetworkBuilder, _ x: ValueID, factor: Float) throws -> ValueID {
    let upper = try network.node("Conv", [x, network.constant(numbers([3, 4, 3, 3]))], name: "upper")
    var weights = try numbers([3, 4, 3, 3], seed: 7).elements(as: Float.self)
    weights[50] *= factor
    let lower = try network.node("Conv", [x, network.constant(Tensor(shape: [3, 4, 3, 3], weights))], name: "lower")
    let y = try network.node("Concat", [upper, lower], ["axis": .int(1)], name: "join")
    return try network.node("Sigmoid", [y], name: "sigmoid")
  }

  @Test(arguments: pairs) func pair(_ pair: Pair) throws {
    func graph(_ build: (inout NetworkBuilder, ValueID) throws -> ValueID) throws -> Graph {
      var network = NetworkBuilder(opset: 18, seed: 1)
      let x = network.input(Shape(pair.shape))
      return try network.finished(build(&network, x))
    }
    let (first, second) = (try graph(pair.first), try graph(pair.second))
    let report = try compared(first, second)
    #expect(report.first?.node == pair.node, "\(report.first as Any)")
    #expect(try compared(first, second.renamed()).first?.node == pair.node)
    #expect(try compared(first, first.renamed()).equal)
  }
}
