import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Reciprocal, opsets 1, 6, 13: 1 ÷ x.
package struct Reciprocal: UnaryOperator {
  package static let name = "Reciprocal"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .reciprocal }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    1 / x
  }
}
