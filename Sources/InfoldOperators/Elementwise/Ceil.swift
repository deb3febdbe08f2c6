import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Ceil, opsets 1, 6, 13: the least integer that is not below x.
package struct Ceil: UnaryOperator {
  package static let name = "Ceil"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .ceiling }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.up)
  }
}
