/// ONNX ReduceL2, opsets 1, 11, 13, 18: the root of the sum of the squares along the axes, 0 of nothing.
///
/// Computed in `Double`; the roots of integers are rounded toward zero.
package struct ReduceL2: ReductionOperator {
  package static let name = "ReduceL2"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) * Double(x) }
      .mapped { (y: Double) in Element(y.squareRoot()) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) * Double(x) }
      .mapped { (y: Double) in Element(saturating: y.squareRoot()) }
  }
}
