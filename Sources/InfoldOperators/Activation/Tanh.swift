import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Tanh, opsets 1, 6, 13: the hyperbolic tangent of x.
package struct Tanh: UnaryOperator {
  package static let name = "Tanh"
  package static let versions = [1, 6, 13]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .tanh }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .tanh(x)
  }
}
