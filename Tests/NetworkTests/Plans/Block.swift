import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

/// Small networks, each for one feature of plans.
enum Block: String, CaseIterable {
  /// Two convolutions with normalization, and the input added. Both normalizations are folded, and the second convolution computes the
  /// addition and the activation.
  case residual = "residual-block"
  /// An expansion, a depthwise convolution, squeeze and excitation, and a projection.
  case invertedResidual = "inverted-residual-block"
  /// Normalizations that cannot be folded, and concatenations whose parts are written in place.
  case dense = "dense-block"
  /// Convolutions of bytes with an addition.
  case quantized = "quantized-block"
  /// Layer normalization, attention, and Gelu written as its formula.
  case transformer = "transformer-block"
  /// Images that are computed one by one, and fully connected layers for the whole batch.
  case splitBatch = "split-batch"
  /// Element-wise functions, in one step.
  case chain = "element-wise-chain"
  /// Convolutions of every kind.
  case convolutions
  /// A channels-last model.
  case channelsLast = "channels-last"
  /// A step that only has a reference evaluation, between kernels.
  case reference = "reference-between-kernels"
  /// A network that passes may not rewrite.
  case asWritten = "as-written"

  static let opset = 17

  func graph() throws -> Graph {
    var network = NetworkBuilder(opset: Self.opset)
    return switch self {
    case .residual: try network.residual()
    case .invertedResidual: try network.invertedResidual()
    case .dense: try network.dense()
    case .quantized: try network.quantized()
    case .transformer: try network.transformer()
    case .splitBatch: try network.splitBatch()
    case .chain: try network.chain()
    case .convolutions: try network.convolutions()
    case .channelsLast: try network.channelsLast()
    case .reference: try network.betweenKernels()
    case .asWritten: try network.residual()
    }
  }
}

extension NetworkBuilder {
  /// A convolution that keeps the sizes, unless it has a stride.
  private mutating func convolution(
    _ x: ValueID, _ channels: Int, _ outputs: Int, _ size: Int, group: Int = 1, stride: Int64 = 1
  ) throws -> ValueID {
    let pad = Int64(size / 2)
    return try node(
      "Conv", [x, weights([outputs, channels / group, size, size]), weights([outputs])],
      [
        "pads": .ints([pad, pad, pad, pad]), "group": .int(Int64(group)), "strides": .ints([stride, stride]),
      ])
  }

  fileprivate mutating func residual() throws -> Graph {
    let x = input([1, 32, 14, 14])
    let a = try node("Relu", [normalization(convolution(x, 32, 32, 3), channels: 32)])
    let b = try normalization(convolution(a, 32, 32, 3), channels: 32)
    return try finished(node("Relu", [node("Add", [b, x])]))
  }

  fileprivate mutating func invertedResidual() throws -> Graph {
    let x = input([1, 16, 28, 28])
    let wide = try node("HardSwish", [normalization(convolution(x, 16, 96, 1), channels: 96)])
    let deep = try node("HardSwish", [normalization(convolution(wide, 96, 96, 5, group: 96), channels: 96)])
    let squeezed = try node("Relu", [convolution(node("GlobalAveragePool", [deep]), 96, 24, 1)])
    let gates = try node("HardSigmoid", [convolution(squeezed, 24, 96, 1)])
    let narrow = try normalization(convolution(node("Mul", [deep, gates]), 96, 16, 1), channels: 16)
    return try finished(node("Add", [x, narrow]))
  }

  fileprivate mutating func dense() throws -> Graph {
    var x = try convolution(input([1, 3, 32, 32]), 3, 24, 3)
    for layer in 0..<3 {
      let channels = 24 + 12 * layer
      let a = try node("Relu", [normalization(x, channels: channels)])
      let b = try node("Relu", [normalization(convolution(a, channels, 48, 1), channels: 48)])
      x = try node("Concat", [x, convolution(b, 48, 12, 3)], ["axis": .int(1)])
    }
    let last = try node("Relu", [normalization(x, channels: 60)])
    return try finished(node("GlobalAveragePool", [last]))
  }

  fileprivate mutating func quantized() throws -> Graph {
    func pads(_ size: Int64) -> AttributeList { ["pads": .ints([size, size, size, size])] }
    let x = try rounded(input([1, 16, 14, 14]), scale: 0.02, zeroPoint: 128)
    let a = try node("Relu", [node("Conv", [x, quantizedWeights([32, 16, 3, 3])], pads(1))])
    let b = try rounded(a, scale: 0.05, zeroPoint: 0)
    let c = try rounded(node("Conv", [b, quantizedWeights([16, 32, 1, 1])]), scale: 0.04, zeroPoint: 120)
    let d = try rounded(node("Add", [c, x]), scale: 0.05, zeroPoint: 100)
    return try finished(node("GlobalAveragePool", [d]))
  }

  fileprivate mutating func transformer() throws -> Graph {
    let x = input([1, 16, 32])
    func scalar(_ number: Float) throws -> ValueID { constant(try Tensor(scalar: number)) }
    let a = try node("LayerNormalization", [x, weights([32]), weights([32])], ["axis": .int(-1)])
    let projections = try (0..<3).map { _ in try node("Add", [node("MatMul", [a, weights([32, 32])]), weights([32])]) }
    let keys = try node("Transpose", [projections[1]], ["perm": .ints([0, 2, 1])])
    let scores = try node("Mul", [node("MatMul", [projections[0], keys]), scalar(0.25)])
    let mixed = try node("MatMul", [node("Softmax", [scores], ["axis": .int(-1)]), projections[2]])
    let b = try node("Add", [x, node("MatMul", [mixed, weights([32, 32])])])
    let c = try node("LayerNormalization", [b, weights([32]), weights([32])], ["axis": .int(-1)])
    let hidden = try node("Add", [node("MatMul", [c, weights([32, 64])]), weights([64])])
    let erf = try node("Erf", [node("Div", [hidden, scalar(Float(2).squareRoot())])])
    let gelu = try node("Mul", [node("Mul", [hidden, node("Add", [erf, scalar(1)])]), scalar(0.5)])
    return try finished(node("Add", [b, node("MatMul", [gelu, weights([64, 32])])]))
  }

  fileprivate mutating func splitBatch() throws -> Graph {
    let x = input([4, 16, 32, 32])
    let a = try node("Relu", [convolution(x, 16, 32, 3)])
    let b = try node("Relu", [convolution(a, 32, 32, 3)])
    let pooled = try node("Flatten", [node("GlobalAveragePool", [b])])
    let hidden = try node("Relu", [node("Gemm", [pooled, weights([32, 40]), weights([40])])])
    return try finished(node("Softmax", [node("Gemm", [hidden, weights([40, 10]), weights([10])])]))
  }

  fileprivate mutating func chain() throws -> Graph {
    let x = input([1, 8, 20, 20])
    var y = try node("Mul", [x, weights([1, 8, 1, 1])])
    y = try node("Add", [y, weights([1, 8, 1, 1])])
    y = try node("Exp", [y])
    y = try node("Sub", [y, x])
    return try finished(node("Tanh", [node("Abs", [y])]))
  }

  fileprivate mutating func convolutions() throws -> Graph {
    let x = input([1, 3, 64, 64])
    var y = try node("Relu", [convolution(x, 3, 32, 3, stride: 2)])
    y = try node("MaxPool", [y], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    y = try node("LeakyRelu", [convolution(y, 32, 32, 3, group: 4)], ["alpha": .float(0.1)])
    y = try node("Sigmoid", [convolution(y, 32, 32, 3, group: 32)])
    y = try node("Clip", [convolution(y, 32, 48, 3, stride: 2), constant(Tensor(scalar: Float(0)))])
    let z = try node(
      "ConvTranspose", [y, weights([48, 16, 2, 2])], ["strides": .ints([2, 2]), "kernel_shape": .ints([2, 2])])
    let sizes = constant(try Tensor(shape: [4], [1, 1, 2, 2] as [Float]))
    let larger = try node("Resize", [y, nil, sizes], ["mode": .string(Array("nearest".utf8))])
    return try finished(node("Concat", [z, larger], ["axis": .int(1)]))
  }

  fileprivate mutating func channelsLast() throws -> Graph {
    let x = input([1, 12, 10, 16])
    let first: AttributeList = ["perm": .ints([0, 3, 1, 2])], last: AttributeList = ["perm": .ints([0, 2, 3, 1])]
    let a = try node("Transpose", [convolution(node("Transpose", [x], first), 16, 16, 3)], last)
    let b = try node("Relu", [node("Add", [a, weights([16])])])
    return try finished(node("Transpose", [convolution(node("Transpose", [b], first), 16, 16, 1)], last))
  }

  fileprivate mutating func betweenKernels() throws -> Graph {
    let a = try node("Relu", [convolution(input([1, 8, 12, 12]), 8, 8, 3)])
    let b = try reference(a)
    return try finished(convolution(b, 8, 8, 1))
  }
}
