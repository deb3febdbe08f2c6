import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Asin, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose sine is x; NaN outside of −1 to 1.
package struct Asin: UnaryOperator {
  package static let name = "Asin"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .asin(x)
  }
}
