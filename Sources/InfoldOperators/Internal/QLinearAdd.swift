import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A quantized sum. It replaces Add between DequantizeLinear and QuantizeLinear.
///
/// The inputs are a with its scale and zero point, b with its scale and zero point, and the scale
/// and zero point of y. y has the type of its zero point. a and b are broadcast; scales and zero
/// points are scalars. Every operation is rounded to float32.
package struct QLinearAdd: Operator, AttributelessOperator {
  package static let name = "QLinearAdd"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.arithmetic
  package static let quantizationRole: QuantizationRole? = .computes
  package static func arity(since version: Int) -> Arity { Arity(8) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let (a, b, result) = try inputs.quantizedOperands(scales: ElementTypeSet([.float32]))
    for index in [1, 2, 4, 5] { try inputs.requireOneElement(index) }
    return [TensorType(result, try BroadcastRule.multidirectional.resultShape(a.shape, b.shape))]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let a = inputs.sizes(0), let b = inputs.sizes(3) else { return .unknown }
    return .broadcast([a, nil, nil, b], to: outputs.first ?? nil)
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let tensors = inputs.compactMap(\.self)
    let type: ElementType = context.precision == .double ? .float64 : .float32
    let a = try tensors[0].dequantized(by: tensors[1], tensors[2], .single, to: type)
    let b = try tensors[3].dequantized(by: tensors[4], tensors[5], .single, to: type)
    let sum = try Tensor.broadcasting(a.doubles(), b.doubles()) { (a: Double, b: Double) in a + b }.converted(to: type)
    return [try sum.quantized(by: tensors[6], tensors[7], .single, to: tensors[7].elementType, rounded: type)]
  }
}
