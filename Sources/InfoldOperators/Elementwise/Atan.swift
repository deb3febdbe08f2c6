import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Atan, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose tangent is x.
package struct Atan: UnaryOperator {
  package static let name = "Atan"
  package static let versions = [7, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .atan(x)
  }
}
