import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Add, opsets 1, 6, 7, 13, 14: A + B, element-wise. Integers wrap around, modulo 2ⁿ.
package struct Add: ArithmeticOperator, DimensionOperator, BroadcastingOperator {
  package static let name = "Add"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.sum, broadcast) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element { a + b }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a &+ b }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if b == 0 { return a }
    return a == 0 ? b : .computed(a, b) { $0.addingReportingOverflow($1) }
  }
}

extension Add {
  package var quantizedForm: QuantizedForm? { .addition }
}

/// ONNX Sub, opsets 1, 6, 7, 13, 14: A − B, element-wise. Integers wrap around, modulo 2ⁿ.
package struct Sub: ArithmeticOperator, DimensionOperator, BroadcastingOperator {
  package static let name = "Sub"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.difference, broadcast) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element { a - b }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a &- b }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if b == 0 { return a }
    return a == b && a != .unknown ? 0 : .computed(a, b) { $0.subtractingReportingOverflow($1) }
  }
}

/// ONNX Mul, opsets 1, 6, 7, 13, 14: A · B, element-wise. Integers wrap around, modulo 2ⁿ.
package struct Mul: ArithmeticOperator, DimensionOperator, BroadcastingOperator {
  package static let name = "Mul"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.product, broadcast) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element { a * b }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a &* b }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if a == 0 || b == 0 { return 0 }
    if b == 1 { return a }
    return a == 1 ? b : .computed(a, b) { $0.multipliedReportingOverflow(by: $1) }
  }
}

/// ONNX Div, opsets 1, 6, 7, 13, 14: A ÷ B, element-wise. Integer quotients are rounded toward
/// zero.
package struct Div: ArithmeticOperator, DimensionOperator, BroadcastingOperator {
  package static let name = "Div"
  package static let versions = [1, 6, 7, 13, 14]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.quotient, broadcast) }

  /// Rejects integer division by zero, which ONNX leaves undefined.
  package func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError) {
    try requireNoZero(in: divisors, as: Element.self)
  }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element { a / b }

  /// Returns the quotient. The smallest integer divided by −1 wraps around to itself.
  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    a.dividedReportingOverflow(by: b).partialValue
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    b == 1 ? a : .computed(a, b) { $0.dividedReportingOverflow(by: $1) }
  }
}
