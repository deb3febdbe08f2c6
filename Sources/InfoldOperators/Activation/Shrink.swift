import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Shrink, opset 9: x + bias if x < −lambd, x − bias if x > lambd, otherwise 0. NaN becomes 0.
///
/// Integers are computed in `Double`; the results are rounded toward zero and clamped to the range
/// of the type.
package struct Shrink: NumericUnaryOperator {
  package static let name = "Shrink"
  package static let versions = [9]
  package static let family = OperatorFamily.activation
  package static let elementTypes = ElementTypeSet.numeric

  /// The distance by which other numbers are moved toward zero.
  package let bias: Float
  /// The magnitude up to which numbers become zero.
  package let lambd: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    bias = try attributes.float("bias") ?? 0
    lambd = try attributes.float("lambd") ?? 0.5
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < -Element(lambd) ? x + Element(bias) : x > Element(lambd) ? x - Element(bias) : 0
  }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element {
    Element(saturating: apply(Double(x)))
  }
}
