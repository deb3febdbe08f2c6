import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Tan, opsets 7, 22: the tangent of x.
package struct Tan: UnaryOperator {
  package static let name = "Tan"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .tan(x)
  }
}
