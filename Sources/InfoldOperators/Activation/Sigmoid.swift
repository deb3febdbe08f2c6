import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sigmoid, opsets 1, 6, 13: 1 ÷ (1 + exp(−x)).
package struct Sigmoid: UnaryOperator {
  package static let name = "Sigmoid"
  package static let versions = [1, 6, 13]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .sigmoid }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    1 / (1 + .exp(-x))
  }
}
