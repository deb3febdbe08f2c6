import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Cos, opsets 7, 22: the cosine of x.
package struct Cos: UnaryOperator {
  package static let name = "Cos"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .cos(x)
  }
}
