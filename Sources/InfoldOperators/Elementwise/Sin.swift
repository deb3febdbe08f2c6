import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sin, opsets 7, 22: the sine of x.
package struct Sin: UnaryOperator {
  package static let name = "Sin"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .sin(x)
  }
}
