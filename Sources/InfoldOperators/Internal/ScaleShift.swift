import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Y = X · scale + shift, with one scale and one shift per channel or per activation: a batch
/// normalization at inference.
///
/// X is [N, C, D1, …] (or [N], with C = 1); scale and shift are [C] or [C, D1, …], of
/// `parameterType`.
package struct ScaleShift: StandardFloatingPointOperator, AttributelessOperator {
  package static let name = "ScaleShift"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(3) }

  /// Returns the element type of scale and shift: float64 for float64, otherwise float32. A
  /// narrower type has neither the range nor the precision for the parameters of its own numbers.
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
  /// Applies `function` to each element of a tensor [N, C, D1, …] and the index of its parameters.
  /// There are `count` parameters, one for each channel or for each activation.
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
