import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Y = (X − mean) · factor · scale + bias, with parameters per channel or per activation: a batch
/// normalization at inference, evaluated in the order of its definition, with factor = 1 ÷ √(σ² +
/// ε).
///
/// X is [N, C, D1, …] (or [N], with C = 1); mean, factor, scale and bias are [C] or [C, D1, …], of
/// any floating-point types.
package struct ChannelNormalization: StandardFloatingPointOperator, AttributelessOperator {
  package static let name = "ChannelNormalization"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(5) }

  /// Returns the type of parameters that loses no precision: float64 if X or a given parameter is
  /// float64, otherwise float32.
  package static func parameterType(for x: ElementType, _ given: [ElementType]) -> ElementType {
    given.contains(.float64) ? .float64 : ScaleShift.parameterType(for: x)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    for index in 1...4 { _ = try inputs.type(index, of: .floatingPoint) }
    return [try inputs.type(0, of: .floatingPoint)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .byChannel(inputs, parameters: 4)
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let mean: [Element] = try inputs[1]!.elements(), factor: [Element] = try inputs[2]!.elements()
    let scale: [Element] = try inputs[3]!.elements(), bias: [Element] = try inputs[4]!.elements()
    return [
      try x.mappedByChannel(of: scale.count) { (x: Element, channel) in
        (x - mean[channel]) * factor[channel] * scale[channel] + bias[channel]
      }
    ]
  }
}
