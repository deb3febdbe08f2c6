import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceMax, opsets 1, 11, 12, 13, 18, 20: the greatest along the axes, NaN where one of them is.
///
/// Of nothing: −∞, or the least value where the type has no infinity. Of truth values, false is the less.
package struct ReduceMax: ReductionOperator {
  package static let name = "ReduceMax"
  package static let versions = [1, 11, 12, 13, 18, 20]
  package static let elementTypes = ElementTypeSet.all
  package static let axesAreInputSince = 18
  package let axes: ReductionAxes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: -.infinity as Element) { (y: Element, x: Element) in x > y || x.isNaN ? x : y }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: .min as Element) { (y: Element, x: Element) in x > y ? x : y }
  }
}
