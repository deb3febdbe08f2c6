import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Mod, opsets 10, 13, 28: the remainder of A ÷ B, element-wise.
///
/// With `fmod` = 0, the quotient is rounded down and the remainder has the sign of B. With `fmod` =
/// 1, the quotient is rounded toward zero and the remainder has the sign of A. Before opset 28,
/// `fmod` = 0 requires integers.
package struct Mod: ArithmeticOperator {
  package static let name = "Mod"
  package static let versions = [10, 13, 28]
  package let broadcast = BroadcastRule.multidirectional

  /// Whether the quotient is rounded toward zero rather than down.
  package let truncates: Bool
  private let allowsFloatingPoint: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    truncates = try attributes.flag("fmod")
    allowsFloatingPoint = truncates || attributes.version >= 28
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let result = try broadcastType(inputs)
    guard allowsFloatingPoint || !result.elementType.isFloatingPoint else {
      throw InfoldError(
        .invalidModel,
        "fmod is 0 for inputs of type \(result.elementType); before opset 28 it must be 1 for floating-point types"
      )
    }
    return [result]
  }

  /// Rejects integer division by zero, which ONNX leaves undefined.
  package func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError) {
    try requireNoZero(in: divisors, as: Element.self)
  }

  /// Returns the remainder of two float32 numbers.
  package func remainder(_ a: Float, _ b: Float) -> Float { apply(a, b) }

  package func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element {
    let remainder = a.truncatingRemainder(dividingBy: b)
    if truncates { return remainder }
    if remainder == 0 { return Element(signOf: b, magnitudeOf: 0) }
    return (remainder < 0) == (b < 0) ? remainder : remainder + b
  }

  package func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
    return truncates || remainder == 0 || (remainder < 0) == (b < 0) ? remainder : remainder &+ b
  }
}
