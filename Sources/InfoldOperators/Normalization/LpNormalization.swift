import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LpNormalization, opsets 1, 22: x ÷ (Σ |x|ᵖ)^(1/p) along an axis, 0 where the norm is 0; computed in
/// `Double`. X and Y have the same shape.
package struct LpNormalization: FloatingPointOperator {
  package static let name = "LpNormalization"
  package static let versions = [1, 22]
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The axis; negative values count from the end.
  package let axis: Int
  /// The exponent, 1 or 2.
  package let p: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    p = try attributes.int("p") ?? 2
    guard p == 1 || p == 2 else { throw InfoldError(.invalidModel, "p is \(p), and must be 1 or 2") }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    if let shape = x.shape { _ = try normalizedAxis(axis, rank: shape.rank) }
    return [x]
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let slices = AxisSlices(x.shape, axis: try normalizedAxis(axis, rank: x.shape.count))
    var y = try Tensor(zeros: x.shape, of: Element.elementType)
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        slices.forEach { _, start in
          let places = (0..<slices.count).lazy.map { start + $0 * slices.stride }
          var largest = 0.0
          for place in places { largest = max(largest, Double(x[place].magnitude)) }
          let unit = Double.unitForSquares(upTo: largest)
          var sum = 0.0
          for place in places {
            let magnitude = Double(x[place].magnitude) * unit
            sum += p == 1 ? magnitude : magnitude * magnitude
          }
          let norm = p == 1 ? sum : sum.squareRoot()
          for place in places where norm != 0 { y[place] = Element(Double(x[place]) * unit / norm) }
        }
      }
    }
    return [y]
  }
}
