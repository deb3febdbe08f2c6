import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX And, opsets 1, 7: the element-wise logical AND.
package struct And: LogicalOperator, BroadcastingOperator {
  package static let name = "And"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package func apply(_ a: Bool, _ b: Bool) -> Bool { a && b }
}

/// ONNX Not, opset 1: the element-wise logical NOT.
package struct Not: Operator, AttributelessOperator {
  package static let name = "Not"
  package static let versions = [1]
  package static let family = OperatorFamily.arithmetic
  package static func elementTypes(since version: Int) -> ElementTypeSet { .bool }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .bool)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Bool) in !x }]
  }
}

/// ONNX Or, opsets 1, 7: the element-wise logical OR.
package struct Or: LogicalOperator, BroadcastingOperator {
  package static let name = "Or"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package func apply(_ a: Bool, _ b: Bool) -> Bool { a || b }
}

/// ONNX Xor, opsets 1, 7: the element-wise logical exclusive OR.
package struct Xor: LogicalOperator, BroadcastingOperator {
  package static let name = "Xor"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package func apply(_ a: Bool, _ b: Bool) -> Bool { a != b }
}
