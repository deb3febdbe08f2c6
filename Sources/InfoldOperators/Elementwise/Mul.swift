import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Mul, opsets 1, 6, 7, 13, 14: A · B, element by element. Integers are computed modulo 2ⁿ.
package struct Mul: ArithmeticOperator, DimensionOperator {
  package static let name = "Mul"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = try BroadcastRule(&attributes)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.product, broadcast) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element {
    a * b
  }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    a &* b
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if a == 0 || b == 0 { return 0 }
    if b == 1 { return a }
    return a == 1 ? b : .computed(a, b) { $0.multipliedReportingOverflow(by: $1) }
  }
}
