import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Not, opset 1: whether x is false.
package struct Not: Operator {
  package static let name = "Not"
  package static let versions = [1]
  package static let family = OperatorFamily.arithmetic
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bool }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .bool)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Bool) in !x }]
  }
}
