import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Div, opsets 1, 6, 7, 13, 14: A ÷ B, element by element. Quotients of integers are rounded toward zero.
package struct Div: ArithmeticOperator, DimensionOperator {
  package static let name = "Div"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = try BroadcastRule(&attributes)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.quotient, broadcast) }

  /// ONNX leaves the division of integers by zero open: it is refused.
  package func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError) {
    try requireNoZero(in: divisors, as: Element.self)
  }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element {
    a / b
  }

  /// The least integer divided by −1 is itself.
  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    a.dividedReportingOverflow(by: b).partialValue
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    b == 1 ? a : .computed(a, b) { $0.dividedReportingOverflow(by: $1) }
  }
}
