import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Relu, opsets 1, 6, 13, 14: max(x, 0), element by element.
package struct Relu: NumericUnaryOperator {
  package static let name = "Relu"
  package static let versions = [1, 6, 13, 14]
  package static let family = OperatorFamily.activation
  package static let elementTypes = ElementTypeSet.floatingPointAndSigned

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .clip(lower: 0, upper: .infinity) }

  /// max(x, 0); NaN stays NaN.
  package func apply<Element: NumericElement>(_ x: Element) -> Element {
    x < 0 ? 0 : x
  }
}
