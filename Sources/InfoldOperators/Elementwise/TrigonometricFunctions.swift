import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Acos, opsets 7, 22: the angle between 0 and π whose cosine is x. NaN outside [−1, 1].
package struct Acos: UnaryOperator, AttributelessOperator {
  package static let name = "Acos"
  package static let versions = [7, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .acos(x) }
}

/// ONNX Acosh, opsets 9, 22: the nonnegative number whose hyperbolic cosine is x. NaN below 1.
package struct Acosh: UnaryOperator, AttributelessOperator {
  package static let name = "Acosh"
  package static let versions = [9, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .acosh(x) }
}

/// ONNX Asin, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose sine is x. NaN outside [−1,
/// 1].
package struct Asin: UnaryOperator, AttributelessOperator {
  package static let name = "Asin"
  package static let versions = [7, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .asin(x) }
}

/// ONNX Asinh, opsets 9, 22: the number whose hyperbolic sine is x.
package struct Asinh: UnaryOperator, AttributelessOperator {
  package static let name = "Asinh"
  package static let versions = [9, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .asinh(x) }
}

/// ONNX Atan, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose tangent is x.
package struct Atan: UnaryOperator, AttributelessOperator {
  package static let name = "Atan"
  package static let versions = [7, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .atan(x) }
}

/// ONNX Atanh, opsets 9, 22: the number whose hyperbolic tangent is x. NaN outside [−1, 1].
package struct Atanh: UnaryOperator, AttributelessOperator {
  package static let name = "Atanh"
  package static let versions = [9, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .atanh(x) }
}

/// ONNX Cos, opsets 7, 22: the cosine of x.
package struct Cos: UnaryOperator, AttributelessOperator {
  package static let name = "Cos"
  package static let versions = [7, 22]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .cosine }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .cos(x) }
}

/// ONNX Cosh, opsets 9, 22: the hyperbolic cosine of x.
package struct Cosh: UnaryOperator, AttributelessOperator {
  package static let name = "Cosh"
  package static let versions = [9, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .cosh(x) }
}

/// ONNX Sin, opsets 7, 22: the sine of x.
package struct Sin: UnaryOperator, AttributelessOperator {
  package static let name = "Sin"
  package static let versions = [7, 22]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .sine }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .sin(x) }
}

/// ONNX Sinh, opsets 9, 22: the hyperbolic sine of x.
package struct Sinh: UnaryOperator, AttributelessOperator {
  package static let name = "Sinh"
  package static let versions = [9, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .sinh(x) }
}

/// ONNX Tan, opsets 7, 22: the tangent of x.
package struct Tan: UnaryOperator, AttributelessOperator {
  package static let name = "Tan"
  package static let versions = [7, 22]

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .tan(x) }
}
