import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sign, opsets 9, 13: 1 where x > 0, −1 where x < 0, 0 where x = 0. NaN stays NaN.
package struct Sign: NumericUnaryOperator {
  package static let name = "Sign"
  package static let versions = [9, 13]
  package static let elementTypes = ElementTypeSet.numeric

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    // Where subnormal numbers count as zero, so does what is returned for them.
    x > 0 ? 1 : x < 0 ? -1 : x == 0 ? (x.sign == .minus ? -0.0 : 0) : x
  }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element {
    x.signum()
  }
}
