import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Operators and the nodes that exporters write instead of them, right and with a fault.
@Suite struct ExpandedFormTests {
  private static func scalar(_ number: Float) throws -> Tensor { try Tensor(scalar: number) }

  /// Builds a network of one block between an input of shape [4, 16] and a Neg.
  private func network(
    _ shape: [Int] = [4, 16], _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> Graph {
    var network = NetworkBuilder(opset: 20, seed: 3)
    let x = network.input(Shape(shape))
    let y = try body(&network, x)
    return try network.finished(network.node("Neg", [y], name: "neg"))
  }

  private func layerNormalization(isExpanded: Bool, scale: Float = 1) throws -> Graph {
    try network { network, x in
      let scales = network.constant(try Tensor(repeating: scale, shape: [16]))
      guard isExpanded else {
        return try network.node("LayerNormalization", [x, scales], ["epsilon": .float(1e-5)], name: "norm")
      }
      let axes = network.constant(try Tensor(shape: [1], [-1] as [Int64]))
      let mean = try network.node("ReduceMean", [x, axes])
      let centered = try network.node("Sub", [x, mean])
      let squares = try network.node("Pow", [centered, network.constant(Self.scalar(2))])
      let variance = try network.node("ReduceMean", [squares, axes])
      let sum = try network.node("Add", [variance, network.constant(Self.scalar(1e-5))])
      let quotient = try network.node("Div", [centered, network.node("Sqrt", [sum])])
      return try network.node("Mul", [quotient, scales], name: "norm")
    }
  }

  @Test func layerNormalizationByPowers() throws {
    let operators = try layerNormalization(isExpanded: false), nodes = try layerNormalization(isExpanded: true)
    #expect(try compared(operators, nodes).equal)
    #expect(try compared(nodes, operators).equal)
    for scale: Float in [0.1, 1.5] {
      let wrong = try layerNormalization(isExpanded: false, scale: scale)
      #expect(try compared(nodes, wrong).first?.node == "norm")
      #expect(try compared(wrong, nodes).first?.node == "norm")
    }
  }

  @Test func activationsAsNodes() throws {
    func gelu(_ half: Float) throws -> Graph {
      try network { network, x in
        let root = network.constant(try Self.scalar(1.4142135)), one = network.constant(try Self.scalar(1))
        let error = try network.node("Erf", [network.node("Div", [x, root])])
        let product = try network.node("Mul", [x, network.node("Add", [error, one])])
        return try network.node("Mul", [product, network.constant(Self.scalar(half))], name: "gelu")
      }
    }
    let gelus = try network { network, x in try network.node("Gelu", [x], name: "gelu") }
    let swish = try network { network, x in try network.node("HardSwish", [x], name: "swish") }
    let product = try network { network, x in
      let factor = try network.node("HardSigmoid", [x], ["alpha": .float(1 / 6), "beta": .float(0.5)])
      return try network.node("Mul", [x, factor], name: "swish")
    }
    for (first, second) in [(gelus, try gelu(0.5)), (try gelu(0.5), gelus), (swish, product), (product, swish)] {
      let report = try compared(first, second)
      #expect(report.equal, "\(report.first as Any)")
    }
    #expect(try compared(gelus, gelu(0.5001)).first?.node == "gelu")
  }

  @Test func averageAsConvolution() throws {
    let attributes: AttributeList = ["kernel_shape": .ints([3, 3])]
    func convolution(_ weight: Float) throws -> Graph {
      try network([1, 4, 9, 9]) { network, x in
        let weights = network.constant(try Tensor(repeating: weight, shape: [4, 1, 3, 3]))
        return try network.node("Conv", [x, weights], ["group": .int(4)], name: "average")
      }
    }
    let pool = try network([1, 4, 9, 9]) { network, x in
      try network.node("AveragePool", [x], attributes, name: "average")
    }
    #expect(try compared(pool, convolution(1 / 9)).equal)
    #expect(try compared(convolution(1 / 9), pool).equal)
    #expect(try compared(pool, convolution(0.1112)).first?.node == "average")
  }

  /// Masks with the lowest number, or −∞, are far larger than the numbers that they are added to.
  @Test(arguments: [-Float.greatestFiniteMagnitude, -Float.infinity, -1e9]) func masks(lowest: Float) throws {
    func attention(_ scale: Float, masked: Int = 8) throws -> Graph {
      try network([16, 16]) { network, x in
        var mask = [Float](repeating: 0, count: 256)
        for index in 0..<256 where index % 16 >= masked { mask[index] = lowest }
        let scaled = try network.node("Mul", [x, network.constant(Self.scalar(scale))], name: "scale")
        let sum = try network.node("Add", [scaled, network.constant(try Tensor(shape: [16, 16], mask))], name: "mask")
        return try network.node("Softmax", [sum], ["axis": .int(-1)], name: "softmax")
      }
    }
    #expect(try compared(attention(0.25), attention(0.25)).equal)
    #expect(try !compared(attention(0.25), attention(0.5)).equal)
    #expect(try compared(attention(0.25), attention(0.25, masked: 9)).first?.node == "mask")
  }

  /// The second model has float16 inputs, so the first one reads numbers of that type too.
  @Test func narrowInputs() throws {
    func graph(_ type: ElementType, _ alpha: Float) throws -> Graph {
      var network = NetworkBuilder(opset: 20, seed: 3)
      let x = network.input([1, 4, 8, 8], of: type)
      let y = try network.node("LeakyRelu", [x], ["alpha": .float(alpha)], name: "leaky")
      return try network.finished(network.node("MaxPool", [y], ["kernel_shape": .ints([2, 2])], name: "pool"))
    }
    #expect(try compared(graph(.float32, 0.1), graph(.float16, 0.1)).equal)
    #expect(try compared(graph(.float32, 0.1), graph(.float16, 0.2)).first?.node == "leaky")
  }

  /// A scale that is folded into the weights, with an offset that is added later or by the
  /// normalization.
  @Test func scalesOfChannels() throws {
    func graph(isFolded: Bool) throws -> Graph {
      try network([1, 4, 9, 9]) { network, x in
        var random = SplitMix64(seed: 5)
        var weights = try random.tensor([6, 4, 3, 3], in: -1...1).elements(as: Float.self)
        let scale = try random.tensor([6], in: 0.5...2).elements(as: Float.self)
        let shift = try random.tensor([6], in: -0.01...0.01).elements(as: Float.self)
        if isFolded { for index in weights.indices { weights[index] *= scale[index / 36] } }
        let y = try network.node(
          "Conv", [x, network.constant(try Tensor(shape: [6, 4, 3, 3], weights))], name: "conv")
        if isFolded {
          return try network.node("Add", [y, network.constant(try Tensor(shape: [6, 1, 1], shift))], name: "shift")
        }
        let statistics = [
          try Tensor(shape: [6], scale), try Tensor(shape: [6], shift), try Tensor(repeating: Float(0), shape: [6]),
          try Tensor(repeating: Float(1), shape: [6]),
        ]
        return try network.node(
          "BatchNormalization", [y] + statistics.map { network.constant($0) }, ["epsilon": .float(0)], name: "bn")
      }
    }
    let first = try graph(isFolded: false), second = try graph(isFolded: true)
    #expect(try compared(first, second).equal)
    #expect(try compared(second, first).equal)
  }
}
