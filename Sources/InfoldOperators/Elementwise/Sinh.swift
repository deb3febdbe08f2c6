import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sinh, opsets 9, 22: the hyperbolic sine of x.
package struct Sinh: UnaryOperator {
  package static let name = "Sinh"
  package static let versions = [9, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .sinh(x)
  }
}
