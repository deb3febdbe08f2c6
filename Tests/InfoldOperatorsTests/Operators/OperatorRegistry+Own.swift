import InfoldGraph
import InfoldOperators

extension OperatorRegistry {
  /// The operators of ONNX's own domain that ONNX defines. `RecordedContributedTests` tests those that ONNX Runtime adds to it.
  var ownOperators: [any Operator.Type] {
    all.filter { $0.domain.isEmpty && $0.name != "SimplifiedLayerNormalization" }
  }
}
