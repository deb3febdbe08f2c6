import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Abs, opsets 1, 6, 13: |x|. The smallest integer wraps around to itself.
package struct Abs: NumericUnaryOperator, AttributelessOperator {
  package static let name = "Abs"
  package static let versions = [1, 6, 13]
  package static let elementTypes = ElementTypeSet.numeric

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .absolute }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x.magnitude }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element { x < 0 ? 0 &- x : x }
}

/// ONNX Neg, opsets 1, 6, 13: −x. The smallest integer wraps around to itself.
package struct Neg: NumericUnaryOperator, AttributelessOperator {
  package static let name = "Neg"
  package static let versions = [1, 6, 13]
  package static let elementTypes = ElementTypeSet.floatingPointAndSigned

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .negative }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { -x }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element { 0 &- x }
}

/// ONNX Sign, opsets 9, 13: 1 if x > 0, −1 if x < 0, 0 if x = 0. NaN stays NaN.
package struct Sign: NumericUnaryOperator, AttributelessOperator {
  package static let name = "Sign"
  package static let versions = [9, 13]
  package static let elementTypes = ElementTypeSet.numeric

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    // If subnormal numbers count as zero, the result for them is a signed zero, too.
    x > 0 ? 1 : x < 0 ? -1 : x == 0 ? (x.sign == .minus ? -0.0 : 0) : x
  }

  package func apply<Element: IntegerElement>(_ x: Element) -> Element { x.signum() }
}
