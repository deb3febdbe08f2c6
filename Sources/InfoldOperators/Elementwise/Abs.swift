import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Abs, opsets 1, 6, 13: |x|. That of the least integer is itself.
package struct Abs: NumericUnaryOperator {
  package static let name = "Abs"
  package static let versions = [1, 6, 13]
  package static let elementTypes = ElementTypeSet.numeric

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .absolute }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.magnitude
  }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element {
    x < 0 ? 0 &- x : x
  }
}
