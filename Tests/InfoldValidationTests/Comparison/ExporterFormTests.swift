import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// One network as several exporters write it.
@Suite struct ExporterFormTests {
  /// An error in a form of the network.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The wrong node, by the part of its name that all forms share.
    let node: String
    /// The next node that all forms have.
    let next: String
    var alpha: Float = 0.1
    var countsPadding: Int64 = 0
    var factor: Float = 1
    var swaps = false
  }

  static let faults = [
    Fault(testDescription: "alpha", node: "leaky", next: "leaky", alpha: 0.101),
    Fault(testDescription: "padding is counted", node: "average", next: "average", countsPadding: 1),
    Fault(testDescription: "a weight", node: "conv2", next: "conv2", factor: 1.001),
    Fault(testDescription: "channels of a normalization", node: "bn", next: "leaky", swaps: true),
  ]

  enum Exporter: CaseIterable, Sendable {
    case torchScript, dynamo, channelsLast
  }

  private struct Constants {
    let w1, w2, w3: Tensor
    let scale, shift, mean, variance, bias: Tensor

    init(_ fault: Fault?) throws {
      var random = SplitMix64(seed: 21)
      w1 = try random.tensor([6, 3, 3, 3], in: -1...1)
      var second = try random.tensor([6, 6, 3, 3], in: -1...1).elements(as: Float.self)
      w3 = try random.tensor([5, 6], in: -1...1)
      var scale = try random.tensor([6], in: 0.5...2).elements(as: Float.self)
      shift = try random.tensor([6], in: -1...1)
      mean = try random.tensor([6], in: -1...1)
      variance = try random.tensor([6], in: 0.5...2)
      bias = try random.tensor([5], in: -1...1)
      second[40] = second[40] * (fault?.factor ?? 1) + ((fault?.factor ?? 1) - 1)
      if fault?.swaps == true { scale.swapAt(1, 4) }
      w2 = try Tensor(shape: [6, 6, 3, 3], second)
      self.scale = try Tensor(shape: [6], scale)
    }

    /// Returns the normalization as a factor and a summand.
    func affine() throws -> (factor: Tensor, summand: Tensor) {
      let (scale, shift) = (try scale.elements(as: Float.self), try shift.elements(as: Float.self))
      let (mean, variance) = (try mean.elements(as: Float.self), try variance.elements(as: Float.self))
      let factors = (0..<6).map { Double(scale[$0]) / (Double(variance[$0]) + 1e-5).squareRoot() }
      return (
        try Tensor(shape: [6], factors.map(Float.init)),
        try Tensor(shape: [6], (0..<6).map { Float(Double(shift[$0]) - Double(mean[$0]) * factors[$0]) })
      )
    }
  }

  private func network(_ exporter: Exporter, _ fault: Fault? = nil) throws -> Graph {
    let constants = try Constants(fault)
    var network = NetworkBuilder(opset: 18, seed: 2)
    let x = network.input([1, 3, 12, 10])
    return switch exporter {
    case .torchScript: try torchScript(&network, x, constants, fault)
    case .dynamo: try dynamo(&network, x, constants, fault)
    case .channelsLast: try channelsLast(&network, x, constants, fault)
    }
  }

  private static let padding: AttributeList = ["pads": .ints([1, 1, 1, 1])]

  private func pooling(_ fault: Fault?) -> AttributeList {
    [
      "kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1]),
      "count_include_pad": .int(fault?.countsPadding ?? 0),
    ]
  }

  private func torchScript(
    _ network: inout NetworkBuilder, _ x: ValueID, _ constants: Constants, _ fault: Fault?
  ) throws -> Graph {
    var y = try network.node("Conv", [x, network.constant(constants.w1)], Self.padding, name: "/features/conv1")
    let parameters = [constants.scale, constants.shift, constants.mean, constants.variance].map { network.constant($0) }
    y = try network.node("BatchNormalization", [y] + parameters, name: "/features/bn")
    y = try network.node("LeakyRelu", [y], ["alpha": .float(fault?.alpha ?? 0.1)], name: "/features/leaky")
    let skip = y
    y = try network.node("Conv", [y, network.constant(constants.w2)], Self.padding, name: "/features/conv2")
    y = try network.node("Add", [y, skip], name: "/features/add")
    y = try network.node("AveragePool", [y], pooling(fault), name: "/features/average")
    y = try network.node("GlobalAveragePool", [y], name: "/head/global")
    y = try network.node("Flatten", [y], name: "/head/flatten")
    y = try network.node(
      "Gemm", [y, network.constant(constants.w3), network.constant(constants.bias)], ["transB": .int(1)],
      name: "/head/gemm")
    y = try network.node("Softmax", [y], ["axis": .int(1)], name: "/head/softmax")
    return try network.finished(y)
  }

  private func dynamo(
    _ network: inout NetworkBuilder, _ x: ValueID, _ constants: Constants, _ fault: Fault?
  ) throws -> Graph {
    var y = try network.node("Conv", [x, network.constant(constants.w1)], Self.padding, name: "node_conv1")
    let parameters = [constants.scale, constants.shift, constants.mean, constants.variance].map { network.constant($0) }
    y = try network.node("BatchNormalization", [y] + parameters, name: "node_bn")
    let zero = network.constant(try Tensor(scalar: Float(0)))
    let alpha = network.constant(try Tensor(scalar: fault?.alpha ?? 0.1))
    let isPositive = try network.node("Greater", [y, zero], name: "node_gt")
    let small = try network.node("Mul", [y, alpha], name: "node_leaky_mul")
    y = try network.node("Where", [isPositive, y, small], name: "node_leaky")
    let skip = y
    y = try network.node("Conv", [y, network.constant(constants.w2)], Self.padding, name: "node_conv2")
    y = try network.node("Add", [skip, y], name: "node_add")
    y = try network.node("AveragePool", [y], pooling(fault), name: "node_average")
    let axes = network.constant(try Tensor(shape: [2], [-1, -2] as [Int64]))
    y = try network.node("ReduceMean", [y, axes], ["keepdims": .int(0)], name: "node_mean")
    y = try network.node("MatMul", [y, network.constant(constants.w3.turned())], name: "node_matmul")
    y = try network.node("Add", [y, network.constant(constants.bias)], name: "node_gemm")
    y = try network.node("Softmax", [y], ["axis": .int(-1)], name: "node_softmax")
    return try network.finished(y).renamed()
  }

  private func channelsLast(
    _ network: inout NetworkBuilder, _ x: ValueID, _ constants: Constants, _ fault: Fault?
  ) throws -> Graph {
    func last(_ y: ValueID) throws -> ValueID { try network.node("Transpose", [y], ["perm": .ints([0, 2, 3, 1])]) }
    func second(_ y: ValueID) throws -> ValueID { try network.node("Transpose", [y], ["perm": .ints([0, 3, 1, 2])]) }
    let (factor, summand) = try constants.affine()
    var y = try last(x)
    y = try last(
      network.node("Conv", [second(y), network.constant(constants.w1)], Self.padding, name: "model/conv1/Conv2D"))
    y = try network.node("Mul", [y, network.constant(factor)], name: "model/bn/mul")
    y = try network.node("Add", [y, network.constant(summand)], name: "model/bn/add")
    y = try network.node("LeakyRelu", [y], ["alpha": .float(fault?.alpha ?? 0.1)], name: "model/leaky")
    let skip = y
    y = try last(
      network.node("Conv", [second(y), network.constant(constants.w2)], Self.padding, name: "model/conv2/Conv2D"))
    y = try network.node("Add", [y, skip], name: "model/add")
    y = try last(network.node("AveragePool", [second(y)], pooling(fault), name: "model/average"))
    let axes = network.constant(try Tensor(shape: [2], [1, 2] as [Int64]))
    y = try network.node("ReduceMean", [y, axes], ["keepdims": .int(0)], name: "model/mean")
    y = try network.node("MatMul", [y, network.constant(constants.w3.turned())], name: "model/matmul")
    y = try network.node("Add", [y, network.constant(constants.bias)], name: "model/gemm")
    y = try network.node("Softmax", [y], ["axis": .int(1)], name: "model/softmax")
    return try network.finished(y)
  }

  @Test func formsAreEqual() throws {
    for first in Exporter.allCases {
      for second in Exporter.allCases {
        let report = try compared(network(first), network(second), samples: 1)
        #expect(report.equal, "\(first), \(second): \(report.first as Any)")
      }
      let folded = try compared(network(first), network(.torchScript).folded(), samples: 1)
      #expect(folded.equal, "\(first), folded: \(folded.first as Any)")
    }
  }

  @Test(arguments: faults) func faultIsFound(_ fault: Fault) throws {
    for first in Exporter.allCases {
      for second in Exporter.allCases {
        let report = try compared(network(first), network(second, fault), samples: 1)
        let node = report.first?.node ?? ""
        #expect(
          node.contains(fault.node) || first != second && node.contains(fault.next),
          "\(first), \(second): \(report.first as Any)")
      }
    }
  }
}

extension Tensor {
  fileprivate func turned() throws -> Tensor {
    let own = try elements(as: Float.self), (rows, columns) = (shape[0], shape[1])
    return try Tensor(shape: [columns, rows], (0..<own.count).map { own[$0 % rows * columns + $0 / rows] })
  }
}
