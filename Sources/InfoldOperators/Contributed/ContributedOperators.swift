import InfoldGraph

extension OperatorRegistry {
  /// The domain of operators that ONNX Runtime's optimizer and quantizer write.
  package static let contributedDomain = "com.microsoft"

  /// The supported operators of that domain, and the normalizations that ONNX Runtime adds to
  /// ONNX's own domain.
  static let contributedOperators: [any Operator.Type] = [
    BiasGelu.self, ContributedDequantizeLinear.self, ContributedGelu.self, ContributedQLinearAdd.self,
    ContributedQLinearConv.self, ContributedQuantizeLinear.self, DynamicQuantizeLSTM.self, DynamicQuantizeMatMul.self,
    FastGelu.self, FusedConv.self, FusedGemm.self, FusedMatMul.self, MatMulIntegerToFloat.self, MatMulNBits.self,
    NhwcMaxPool.self, QGemm.self, QLinearAveragePool.self, QLinearConcat.self, QLinearGlobalAveragePool.self,
    QLinearLeakyRelu.self, QLinearMul.self, QLinearSigmoid.self, QLinearSoftmax.self, QuickGelu.self,
    SimplifiedLayerNormalization.self, SkipLayerNormalization.self, SkipSimplifiedLayerNormalization.self,
  ]
}

/// An operator of `OperatorRegistry.contributedDomain`, which has a single version.
protocol ContributedOperator: ComposedOperator {}

extension ContributedOperator {
  package static var domain: String { OperatorRegistry.contributedDomain }
  package static var versions: [Int] { [1] }
}

/// A contributed operator that computes in floating point.
protocol ContributedFloatingPointOperator: ContributedOperator {}

extension ContributedFloatingPointOperator {
  package static var widening: Widening { .sameFunction }
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
}

/// A contributed operator that computes with quantized 8-bit numbers.
protocol ContributedQuantizedOperator: ContributedOperator {}

extension ContributedQuantizedOperator {
  package static var quantizationRole: QuantizationRole? { .computes }
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bytes }
}
