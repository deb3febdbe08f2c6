import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sqrt, opsets 1, 6, 13: the square root of x; NaN below zero.
package struct Sqrt: UnaryOperator {
  package static let name = "Sqrt"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .squareRoot }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.squareRoot()
  }
}
