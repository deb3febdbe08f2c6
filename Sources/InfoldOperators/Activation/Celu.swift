import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Celu, opsets 12, 28: x where x ≥ 0, else alpha · (exp(x ÷ alpha) − 1).
package struct Celu: UnaryOperator {
  package static let name = "Celu"
  package static let versions = [12, 28]
  package static let family = OperatorFamily.activation

  /// What the result tends to below zero, negated.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x / Element(alpha)) : x
  }
}
