import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Mish, opsets 18, 22: x · tanh(ln(1 + exp(x))).
package struct Mish: UnaryOperator {
  package static let name = "Mish"
  package static let versions = [18, 22]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .mish }

  /// tanh(ln(1 + e)) = e · (e + 2) ÷ (e · (e + 2) + 2), which nears 1 before it overflows.
  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    guard x < 20 else { return x }
    let e = Element.exp(x)
    let n = e * (e + 2)
    return x * (n / (n + 2))
  }
}
