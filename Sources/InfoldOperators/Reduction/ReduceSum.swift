import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceSum, opsets 1, 11, 13: the sum along the axes, 0 of nothing.
///
/// Floating-point numbers are summed in `Double`, integers modulo 2ⁿ.
package struct ReduceSum: ReductionOperator {
  package static let name = "ReduceSum"
  package static let versions = [1, 11, 13]
  package static let axesAreInputSince = 13
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(y) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0 as Element) { (y: Element, x: Element) in y &+ x }
  }
}
