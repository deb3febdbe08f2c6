import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Erf, opsets 9, 13: the error function, 2 ÷ √π · ∫ exp(−t²) dt from 0 to x. Integers, which
/// opset 9 allows, are not supported.
package struct Erf: UnaryOperator, AttributelessOperator {
  package static let name = "Erf"
  package static let versions = [9, 13]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .errorFunction }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .erf(x) }
}

/// ONNX Exp, opsets 1, 6, 13: exp(x).
package struct Exp: UnaryOperator, AttributelessOperator {
  package static let name = "Exp"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .exponential }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .exp(x) }
}

/// ONNX Log, opsets 1, 6, 13: the natural logarithm of x. −∞ for zero, NaN for negative numbers.
package struct Log: UnaryOperator, AttributelessOperator {
  package static let name = "Log"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .logarithm }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .log(x) }
}

/// ONNX Reciprocal, opsets 1, 6, 13: 1 ÷ x.
package struct Reciprocal: UnaryOperator, AttributelessOperator {
  package static let name = "Reciprocal"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .reciprocal }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { 1 / x }
}

/// ONNX Sqrt, opsets 1, 6, 13: the square root of x. NaN for negative numbers.
package struct Sqrt: UnaryOperator, AttributelessOperator {
  package static let name = "Sqrt"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .squareRoot }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x.squareRoot() }
}
