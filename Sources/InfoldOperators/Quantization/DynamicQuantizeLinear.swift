import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX DynamicQuantizeLinear, opset 11: x quantized to uint8, with a scale and a zero point chosen
/// to cover its elements and 0.
///
/// The outputs are y, with the shape of x; the scalar y_scale = (largest − smallest) ÷ 255, where 0
/// counts as an element, or 1 ÷ 255 if both are 0; and the scalar y_zero_point, the nearest integer
/// to −smallest ÷ y_scale. NaN is ignored in the range and becomes 0.
package struct DynamicQuantizeLinear: StandardFloatingPointOperator, AttributelessOperator {
  package static let name = "DynamicQuantizeLinear"
  package static let versions = [11]
  package static let family = OperatorFamily.quantization
  package static let quantizationRole: QuantizationRole? = .computes
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...1, outputs: 3...3) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    return [TensorType(.uint8, x.shape), TensorType(x.elementType, []), TensorType(.uint8, [])]
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let grid = DynamicGrid<Element>(of: x)
    let y = try x.mapped { (x: Element) in grid.quantized(x) }
    return [y, try Tensor(scalar: grid.scale), try Tensor(scalar: grid.zeroPoint)]
  }
}
