import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Shrink, opset 9: x + bias where x < −lambd, x − bias where x > lambd, else 0; 0 for NaN.
///
/// Integers are computed with in `Double`, and the results rounded toward zero and bounded to what the type can hold.
package struct Shrink: NumericUnaryOperator {
  package static let name = "Shrink"
  package static let versions = [9]
  package static let family = OperatorFamily.activation
  package static let elementTypes = ElementTypeSet.numeric

  /// How far what is left is moved toward zero.
  package let bias: Float
  /// Up to what magnitude numbers become zero.
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
