import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Acos, opsets 7, 22: the angle between 0 and π whose cosine is x; NaN outside of −1 to 1.
package struct Acos: UnaryOperator {
  package static let name = "Acos"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .acos(x)
  }
}
