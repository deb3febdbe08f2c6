import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Exp, opsets 1, 6, 13: exp(x).
package struct Exp: UnaryOperator {
  package static let name = "Exp"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .exponential }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .exp(x)
  }
}
