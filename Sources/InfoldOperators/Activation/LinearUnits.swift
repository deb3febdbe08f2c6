import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Celu, opsets 12, 28: x if x ≥ 0, otherwise alpha · (exp(x ÷ alpha) − 1).
package struct Celu: UnaryOperator {
  package static let name = "Celu"
  package static let versions = [12, 28]
  package static let family = OperatorFamily.activation

  /// The limit of the result for x → −∞, negated.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x / Element(alpha)) : x
  }
}

/// ONNX Elu, opsets 1, 6, 22: x if x ≥ 0, otherwise alpha · (exp(x) − 1).
package struct Elu: UnaryOperator {
  package static let name = "Elu"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// The limit of the result for x → −∞, negated.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 1
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .elu(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x) : x
  }
}

/// ONNX LeakyRelu, opsets 1, 6, 16: x if x ≥ 0, otherwise alpha · x.
package struct LeakyRelu: UnaryOperator {
  package static let name = "LeakyRelu"
  package static let versions = [1, 6, 16]
  package static let family = OperatorFamily.activation

  /// The slope for negative x.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.01
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .leakyRelu(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * x : x
  }
}

/// ONNX PRelu, opsets 1, 6, 7, 9, 16: x if x ≥ 0, otherwise slope · x. Integers wrap around, modulo
/// 2ⁿ.
///
/// Before opset 7, the slope has one element, or one per channel (axis 1). Since then, it is
/// broadcast to the input's shape.
package struct PRelu: ArithmeticOperator, BroadcastingOperator {
  package static let name = "PRelu"
  package static let versions = [1, 6, 7, 9, 16]
  package static let family = OperatorFamily.activation
  package let broadcast: BroadcastRule

  static func broadcastRule(_ attributes: inout AttributeReader) -> BroadcastRule {
    attributes.version < 7 ? .legacy(axis: 1) : .unidirectional
  }

  package var elementCombination: ElementCombination? { ElementCombination(.parametricRelu, broadcast) }

  package func apply<Element: FloatingPointElement>(_ x: Element, _ slope: Element) -> Element {
    x < 0 ? slope * x : x
  }

  package func apply<Element: IntegerElement>(_ x: Element, _ slope: Element) -> Element {
    x < 0 ? slope &* x : x
  }
}

/// ONNX Relu, opsets 1, 6, 13, 14: max(x, 0), element-wise.
package struct Relu: NumericUnaryOperator, AttributelessOperator {
  package static let name = "Relu"
  package static let rounds = false
  package static let versions = [1, 6, 13, 14]
  package static let family = OperatorFamily.activation
  package static let elementTypes = ElementTypeSet.floatingPointAndSigned

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .clip(lower: 0, upper: .infinity) }

  /// Returns max(x, 0). NaN stays NaN.
  package func apply<Element: NumericElement>(_ x: Element) -> Element { x < 0 ? 0 : x }
}

/// ONNX Selu, opsets 1, 6, 22: gamma · x if x > 0, otherwise gamma · alpha · (exp(x) − 1).
///
/// The defaults of opset 1 have fewer digits.
package struct Selu: UnaryOperator {
  package static let name = "Selu"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// The limit of the result for x → −∞, divided by −gamma.
  package let alpha: Float
  /// The slope for positive x.
  package let gamma: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? (attributes.version < 6 ? 1.6732 : 1.67326319217681884765625)
    gamma = try attributes.float("gamma") ?? (attributes.version < 6 ? 1.0507 : 1.05070102214813232421875)
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .selu(alpha: alpha, gamma: gamma) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    Element(gamma) * (x > 0 ? x : Element(alpha) * .expMinusOne(x))
  }
}

/// ONNX ThresholdedRelu, opsets 10, 22: x if x > alpha, otherwise 0. NaN becomes 0.
package struct ThresholdedRelu: UnaryOperator {
  package static let name = "ThresholdedRelu"
  package static let versions = [10, 22]
  package static let family = OperatorFamily.activation

  /// The threshold.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x > Element(alpha) ? x : 0
  }
}
