import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Softsign, opsets 1, 22: x ÷ (1 + |x|).
package struct Softsign: UnaryOperator {
  package static let name = "Softsign"
  package static let versions = [1, 22]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .softsign }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + x.magnitude)
  }
}
