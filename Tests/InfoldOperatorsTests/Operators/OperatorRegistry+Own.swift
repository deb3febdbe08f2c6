import InfoldGraph
import InfoldOperators

extension OperatorRegistry {
  /// The operators of ONNX's own domain that ONNX defines. Those that ONNX Runtime writes are tried by `RecordedContributedTests`.
  var ownOperators: [any Operator.Type] {
    all.filter { $0.domain.isEmpty && $0.name != "SimplifiedLayerNormalization" }
  }
}
