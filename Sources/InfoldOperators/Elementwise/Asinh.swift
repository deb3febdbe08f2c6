import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Asinh, opsets 9, 22: the number whose hyperbolic sine is x.
package struct Asinh: UnaryOperator {
  package static let name = "Asinh"
  package static let versions = [9, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .asinh(x)
  }
}
