import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Selu, opsets 1, 6, 22: gamma · x where x > 0, else gamma · alpha · (exp(x) − 1).
///
/// Opset 1 has other defaults, of fewer digits.
package struct Selu: UnaryOperator {
  package static let name = "Selu"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// What the result tends to below zero, divided by −gamma.
  package let alpha: Float
  /// The slope above zero.
  package let gamma: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? (attributes.version < 6 ? 1.6732 : 1.67326319217681884765625)
    gamma = try attributes.float("gamma") ?? (attributes.version < 6 ? 1.0507 : 1.05070102214813232421875)
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .selu(alpha: alpha, gamma: gamma) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    Element(gamma) * (x > 0 ? x : Element(alpha) * .expMinusOne(x))
  }
}
