import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX HardSigmoid, opsets 1, 6, 22: alpha · x + beta, clamped to [0, 1].
package struct HardSigmoid: UnaryOperator {
  package static let name = "HardSigmoid"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// The slope.
  package let alpha: Float
  /// The result for zero.
  package let beta: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.2
    beta = try attributes.float("beta") ?? 0.5
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .hardSigmoid(alpha: alpha, beta: beta) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let y = Element(alpha) * x + Element(beta)
    return y < 0 ? 0 : y > 1 ? 1 : y
  }
}

/// ONNX HardSwish, opsets 14, 22: x · (x ÷ 6 + ½, clamped to [0, 1]).
package struct HardSwish: UnaryOperator, AttributelessOperator {
  package static let name = "HardSwish"
  package static let versions = [14, 22]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .hardSwish }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let gate = x / 6 + 0.5
    return x * (gate < 0 ? 0 : gate > 1 ? 1 : gate)
  }
}

/// ONNX Mish, opsets 18, 22: x · tanh(ln(1 + exp(x))).
package struct Mish: UnaryOperator, AttributelessOperator {
  package static let name = "Mish"
  package static let versions = [18, 22]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .mish }

  /// Uses tanh(ln(1 + e)) = e · (e + 2) ÷ (e · (e + 2) + 2), which approaches 1 before it
  /// overflows.
  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    guard x < 20 else { return x }
    let e = Element.exp(x)
    let n = e * (e + 2)
    return x * (n / (n + 2))
  }
}

/// ONNX Sigmoid, opsets 1, 6, 13: 1 ÷ (1 + exp(−x)).
package struct Sigmoid: UnaryOperator, AttributelessOperator {
  package static let name = "Sigmoid"
  package static let versions = [1, 6, 13]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .sigmoid }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { 1 / (1 + .exp(-x)) }
}

/// ONNX Softplus, opsets 1, 22: ln(1 + exp(x)).
package struct Softplus: UnaryOperator, AttributelessOperator {
  package static let name = "Softplus"
  package static let versions = [1, 22]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .softplus }

  /// Computes max(x, 0) + ln(1 + exp(−|x|)), an equivalent form that does not overflow.
  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    (x < 0 ? 0 : x) + .log(onePlus: .exp(-x.magnitude))
  }
}

/// ONNX Softsign, opsets 1, 22: x ÷ (1 + |x|).
package struct Softsign: UnaryOperator, AttributelessOperator {
  package static let name = "Softsign"
  package static let versions = [1, 22]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .softsign }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + x.magnitude)
  }
}

/// ONNX Swish, opset 24: x · sigmoid(alpha · x).
package struct Swish: UnaryOperator {
  package static let name = "Swish"
  package static let versions = [24]
  package static let family = OperatorFamily.activation

  /// The factor of x inside the sigmoid.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .swish(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + .exp(Element(-alpha) * x))
  }
}

/// ONNX Tanh, opsets 1, 6, 13: the hyperbolic tangent of x.
package struct Tanh: UnaryOperator, AttributelessOperator {
  package static let name = "Tanh"
  package static let versions = [1, 6, 13]
  package static let family = OperatorFamily.activation

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .tanh }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .tanh(x) }
}
