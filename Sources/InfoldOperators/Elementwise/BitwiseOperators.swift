import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX BitwiseAnd, opset 18: the bitwise AND of two integers.
package struct BitwiseAnd: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseAnd"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a & b }
}

/// ONNX BitwiseOr, opset 18: the bitwise OR of two integers.
package struct BitwiseOr: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseOr"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a | b }
}

/// ONNX BitwiseXor, opset 18: the bitwise exclusive OR of two integers.
package struct BitwiseXor: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseXor"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a ^ b }
}

/// ONNX BitShift, opsets 11, 28: the bits of X shifted by Y, to the left or to the right.
///
/// Bits that are shifted out are lost. A right shift is arithmetic for signed integers. A shift by
/// a negative number, or by at least the number of bits, shifts out all bits. Signed integers are
/// allowed since opset 28.
package struct BitShift: BitwiseOperator {
  package static let name = "BitShift"
  package static let versions = [11, 28]
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .unsigned : .integers }

  /// Whether the bits are shifted to the left.
  package let movesLeft: Bool
  private let allowed: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    guard let direction = try attributes.string("direction") else {
      throw InfoldError(.invalidModel, "missing attribute \"direction\"")
    }
    guard direction == "LEFT" || direction == "RIGHT" else {
      throw InfoldError(.invalidModel, "direction is \(String(quoting: direction)) but must be LEFT or RIGHT")
    }
    movesLeft = direction == "LEFT"
    allowed = Self.elementTypes(since: attributes.version)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    _ = try inputs.type(0, of: allowed)
    return [try broadcastType(inputs)]
  }

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    guard b >= 0, b < Element.bitWidth else { return !movesLeft && a < 0 ? ~0 : 0 }
    return movesLeft ? a << b : a >> b
  }
}

/// ONNX BitwiseNot, opset 18: the bitwise complement.
package struct BitwiseNot: Operator, AttributelessOperator {
  package static let name = "BitwiseNot"
  package static let versions = [18]
  package static let family = OperatorFamily.arithmetic
  package static func elementTypes(since version: Int) -> ElementTypeSet { .integers }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .integers)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    func inverted<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try inputs[0]!.mapped { (x: Element) in ~x }
    }
    return [try inverted(inputs[0]!.elementType.integerElement)]
  }
}

/// A bitwise function of two integers, with broadcasting.
protocol BitwiseOperator: BinaryOperator {
  /// Returns the result for two elements.
  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element
}

extension BitwiseOperator {
  public static var elementTypes: ElementTypeSet { .integers }

  public var broadcast: BroadcastRule { .multidirectional }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try broadcastType(inputs)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    func combined<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
    }
    return [try combined(operands[0].elementType.integerElement)]
  }
}

extension ElementTypeSet {
  /// The unsigned integers of 8 to 64 bits.
  static let unsigned = ElementTypeSet([.uint8, .uint16, .uint32, .uint64])
}
