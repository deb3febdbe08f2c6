import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Cosh, opsets 9, 22: the hyperbolic cosine of x.
package struct Cosh: UnaryOperator {
  package static let name = "Cosh"
  package static let versions = [9, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .cosh(x)
  }
}
