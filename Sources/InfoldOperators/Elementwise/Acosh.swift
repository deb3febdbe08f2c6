import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Acosh, opsets 9, 22: the number ≥ 0 whose hyperbolic cosine is x; NaN below 1.
package struct Acosh: UnaryOperator {
  package static let name = "Acosh"
  package static let versions = [9, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .acosh(x)
  }
}
