import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Floor, opsets 1, 6, 13: the greatest integer that is not above x.
package struct Floor: UnaryOperator {
  package static let name = "Floor"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .floor }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.down)
  }
}
