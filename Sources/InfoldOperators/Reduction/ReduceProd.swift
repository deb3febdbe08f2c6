import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceProd, opsets 1, 11, 13, 18: the product along the axes, 1 of nothing.
///
/// Floating-point numbers are multiplied in `Double`, integers modulo 2ⁿ.
package struct ReduceProd: ReductionOperator {
  package static let name = "ReduceProd"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 1) { (y: Double, x: Element) in y * Double(x) }
      .mapped { (y: Double) in Element(y) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 1 as Element) { (y: Element, x: Element) in y &* x }
  }
}
