import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceL1, opsets 1, 11, 13, 18: the sum of the magnitudes along the axes, 0 of nothing.
///
/// Floating-point numbers are summed in `Double`, integers modulo 2ⁿ.
package struct ReduceL1: ReductionOperator {
  package static let name = "ReduceL1"
  package static let versions = [1, 11, 13, 18]
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x.magnitude) }
      .mapped { (y: Double) in Element(y) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0 as Element) { (y: Element, x: Element) in x < 0 ? y &- x : y &+ x }
  }
}
