import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Add, opsets 1, 6, 7, 13, 14: A + B, element by element. Integers are computed modulo 2ⁿ.
package struct Add: ArithmeticOperator, DimensionOperator {
  package static let name = "Add"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = try BroadcastRule(&attributes)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.sum, broadcast) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element {
    a + b
  }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    a &+ b
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if b == 0 { return a }
    return a == 0 ? b : .computed(a, b) { $0.addingReportingOverflow($1) }
  }
}

extension Add {
  package var quantizedForm: QuantizedForm? { .addition }
}
