import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Elu, opsets 1, 6, 22: x where x ≥ 0, else alpha · (exp(x) − 1).
package struct Elu: UnaryOperator {
  package static let name = "Elu"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// What the result tends to below zero, negated.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 1
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .elu(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x) : x
  }
}
