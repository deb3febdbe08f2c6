import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReduceLogSum, opsets 1, 11, 13, 18, 28: the logarithm of the sum along the axes, −∞ of nothing.
///
/// Computed in `Double`; the logarithms of integers, which opset 28 does not allow any more, are rounded toward zero.
package struct ReduceLogSum: ReductionOperator {
  package static let name = "ReduceLogSum"
  package static let versions = [1, 11, 13, 18, 28]
  package static let axesAreInputSince = 18
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .numeric : .floatingPoint }
  package let axes: ReductionAxes
  package let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ReductionAxes(&attributes, inputSince: Self.axesAreInputSince)
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  package func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(Double.log(y)) }
  }

  package func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try x.reduced(to: shape, from: 0) { (y: Double, x: Element) in y + Double(x) }
      .mapped { (y: Double) in Element(saturating: .log(y)) }
  }
}
