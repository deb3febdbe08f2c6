import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Identity, opsets 1, 13, 14, 16, 19, 21, 23, 24, 25: the input itself. Sequences and
/// optionals are not supported.
package struct Identity: ElementMovingOperator, AttributelessOperator {
  package static let name = "Identity"
  package static let versions = [1, 13, 14, 16, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 14, 16, 19, 21, 23, 24, 25]
  package static let keepsElements = true
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [inputs[0]]
  }
}

extension Identity {
  package var quantizedForm: QuantizedForm? { .movement }

  package func forwardsInput(_ isKnown: (_ input: Int) -> Bool) -> Bool { true }
}
