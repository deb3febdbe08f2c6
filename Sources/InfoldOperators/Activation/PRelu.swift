import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX PRelu, opsets 1, 6, 7, 9, 16: x where x ≥ 0, else slope · x. Integers are computed modulo 2ⁿ.
///
/// Before opset 7 the slope has one element, or one per channel (axis 1); then it is broadcast to the input's shape.
package struct PRelu: ArithmeticOperator {
  package static let name = "PRelu"
  package static let versions = [1, 6, 7, 9, 16]
  package static let family = OperatorFamily.activation
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = attributes.version < 7 ? .legacy(axis: 1) : .unidirectional
  }

  package var elementCombination: ElementCombination? { ElementCombination(.parametricRelu, broadcast) }

  package func apply<Element: FloatingPointElement>(_ x: Element, _ slope: Element) -> Element {
    x < 0 ? slope * x : x
  }

  package func apply<Element: IntegerElement>(_ x: Element, _ slope: Element) -> Element {
    x < 0 ? slope &* x : x
  }
}
