import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Y = X · scale + shift, one scale and one shift per channel or per activation: what a batch normalization is at
/// inference.
///
/// X [N, C, D1, …] (or [N], whose C is 1), scale and shift [C] or [C, D1, …], of `parameterType`.
package struct ScaleShift: StandardFloatingPointOperator, AttributelessOperator {
  package static let name = "ScaleShift"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// The element type of scale and shift: float64 for float64, else float32, since a narrower type has neither range nor digits
  /// for what they are of its own numbers.
  package static func parameterType(for x: ElementType) -> ElementType { x == .float64 ? .float64 : .float32 }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    for index in 1...2 { _ = try inputs.type(index, of: .floatingPoint) }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .byChannel(inputs, parameters: 2)
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let scale: [Element] = try inputs[1]!.elements(), shift: [Element] = try inputs[2]!.elements()
    return [
      try inputs[0]!.mappedByChannel(of: scale.count) { (x: Element, channel) in
        x * scale[channel] + shift[channel]
      }
    ]
  }
}

extension Tensor {
  /// `function` of every element of a tensor [N, C, D1, …] and the number of its parameters, of which there are `count`: one for
  /// each channel, or for each activation.
  @inline(__always)
  func mappedByChannel<Element: FloatingPointElement>(
    of count: Int, _ function: (_ x: Element, _ channel: Int) -> Element
  ) throws(InfoldError) -> Tensor {
    try rewritten { (x: borrowing Span<Element>, y) in
      let blocks = shape[0] * count, inner = x.count / blocks
      for block in 0..<blocks {
        let channel = block % count
        for index in (block * inner)..<((block + 1) * inner) { y[index] = function(x[index], channel) }
      }
    }
  }
}
