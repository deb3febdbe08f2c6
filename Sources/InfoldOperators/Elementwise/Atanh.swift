import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Atanh, opsets 9, 22: the number whose hyperbolic tangent is x; NaN outside of −1 to 1.
package struct Atanh: UnaryOperator {
  package static let name = "Atanh"
  package static let versions = [9, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .atanh(x)
  }
}
