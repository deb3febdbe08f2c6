import InfoldTensor

/// What operators do, as far as a drawing tells them apart by color.
package enum OperatorFamily: String, CaseIterable, Sendable {
  case product
  case normalization
  case activation
  case arithmetic
  case pool
  case movement
  case other

  /// The family of an operator of ONNX's own domain.
  init(of opType: String) {
    self = Self.members.first { $0.value.contains(opType) }?.key ?? .other
  }

  /// What a legend calls it.
  var title: String {
    switch self {
    case .product: "convolutions, products"
    case .normalization: "normalizations"
    case .activation: "activations"
    case .arithmetic: "arithmetic"
    case .pool: "pools, reductions"
    case .movement: "movements"
    case .other: "others"
    }
  }

  private static let members: [OperatorFamily: Set<String>] = [
    .product: [
      "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "Gemm", "MatMul", "MatMulInteger",
      "QLinearMatMul", "Einsum", "Attention", "LSTM", "GRU", "RNN",
    ],
    .normalization: [
      "BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization",
      "RMSNormalization", "LRN", "LpNormalization", "MeanVarianceNormalization",
    ],
    .activation: [
      "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Sigmoid", "HardSigmoid", "HardSwish", "Swish",
      "Mish", "Tanh", "Softmax", "LogSoftmax", "Softplus", "Softsign", "Clip", "Erf", "ThresholdedRelu",
    ],
    .arithmetic: [
      "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Sum", "Mean", "Max",
      "Min", "Floor", "Ceil", "Round", "Sign", "And", "Or", "Not", "Xor", "Equal", "Less", "LessOrEqual", "Greater",
      "GreaterOrEqual", "Where", "Cast",
    ],
    .pool: [
      "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "ReduceMean",
      "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ArgMax", "ArgMin", "TopK",
    ],
    .movement: [
      "Reshape", "Transpose", "Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "ScatterND",
      "Squeeze", "Unsqueeze", "Flatten", "Expand", "Tile", "Pad", "Identity", "Dropout", "Shape", "Size",
      "DepthToSpace", "SpaceToDepth", "Resize", "Upsample", "ChannelShuffle",
    ],
  ]
}
