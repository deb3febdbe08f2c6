import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Pow, opsets 1, 7, 12, 13, 15: X to the power of Y, element-wise, in the type of X.
///
/// Since opset 12, X and Y may have different types. Integer powers of integers wrap around, modulo
/// 2ⁿ. If the exponent is negative or not an integer type, they are rounded toward zero and clamped
/// to the range of the type.
package struct Pow: BinaryOperator {
  package static let name = "Pow"
  package static let versions = [1, 7, 12, 13, 15]
  package static let elementTypes = ElementTypeSet.numeric
  package let broadcast: BroadcastRule
  private let allowsMixedTypes: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
    allowsMixedTypes = attributes.version >= 12
  }

  package var quantizedForm: QuantizedForm? { .function }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    guard allowsMixedTypes else { return [try broadcastType(inputs)] }
    let x = try inputs.type(0, of: Self.elementTypes), y = try inputs.type(1, of: Self.elementTypes)
    return [TensorType(x.elementType, try broadcast.resultShape(x.shape, y.shape))]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    let type = operands[0].elementType
    guard !type.isFloatingPoint, !operands[1].elementType.isFloatingPoint else {
      let powers = try Tensor.broadcasting(operands[0].doubles(), operands[1].doubles()) { (x: Double, y: Double) in
        InfoldSystem.power(x, y)
      }
      // Narrower types are rounded from `Float`.
      let isNarrow = type == .float16 || type == .bfloat16
      return [try (isNarrow ? powers.converted(to: .float32) : powers).cast(to: type)]
    }
    let exponents = try operands[1].int64s()
    if type == .int64 {
      return [try .broadcasting(operands[0], exponents) { (x: Int64, n: Int64) in power(x, n) }]
    }
    return [try powers(of: operands[0], exponents, as: type.integerElement)]
  }

  private func powers<Element: IntegerElement>(
    of x: Tensor, _ exponents: Tensor, as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try .broadcasting(x, exponents) { (x: Element, n: Int64) in power(x, n) }
  }

  /// Returns x to the power of n, by repeated squaring.
  private func power<Element: IntegerElement>(_ x: Element, _ n: Int64) -> Element {
    guard n >= 0 else { return Element(saturating: InfoldSystem.power(Double(x), Double(n))) }
    var result: Element = 1, square = x, rest = n
    while rest > 0 {
      if rest & 1 == 1 { result &*= square }
      square &*= square
      rest >>= 1
    }
    return result
  }
}
