import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Neg, opsets 1, 6, 13: −x. That of the least integer is itself.
package struct Neg: NumericUnaryOperator {
  package static let name = "Neg"
  package static let versions = [1, 6, 13]
  package static let elementTypes = ElementTypeSet.floatingPointAndSigned

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .negative }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    -x
  }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element {
    0 &- x
  }
}
