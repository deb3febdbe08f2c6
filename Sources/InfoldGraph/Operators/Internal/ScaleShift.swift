/// Y = X · scale + shift, one scale and one shift per channel or per activation: what a batch normalization is at
/// inference.
///
/// X [N, C, D1, …] (or [N], whose C is 1), scale and shift [C] or [C, D1, …], of X's element type.
package struct ScaleShift: FloatingPointOperator {
  package static let name = "ScaleShift"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static func arity(since version: Int) -> Arity { Arity(3) }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    return [x]
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let scale: [Element] = try inputs[1]!.elements(), shift: [Element] = try inputs[2]!.elements()
    let batch = x.shape[0]
    let inner = batch * scale.count == 0 ? 0 : x.count / (batch * scale.count)
    var y = try Tensor(zeros: x.shape, of: Element.elementType)
    try x.withSpan(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for block in 0..<(batch * scale.count) {
          let (factor, summand) = (scale[block % scale.count], shift[block % scale.count])
          for index in (block * inner)..<((block + 1) * inner) { y[index] = x[index] * factor + summand }
        }
      }
    }
    return [y]
  }
}
