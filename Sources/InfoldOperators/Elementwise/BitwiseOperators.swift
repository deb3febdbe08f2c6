import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX BitwiseAnd, opset 18: the bits that both integers have.
package struct BitwiseAnd: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseAnd"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a & b }
}

/// ONNX BitwiseOr, opset 18: the bits that one of the integers has, or both.
package struct BitwiseOr: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseOr"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a | b }
}

/// ONNX BitwiseXor, opset 18: the bits that one of the integers has, and not both.
package struct BitwiseXor: BitwiseOperator, AttributelessOperator {
  package static let name = "BitwiseXor"
  package static let versions = [18]

  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a ^ b }
}

/// ONNX BitShift, opsets 11, 28: the bits of X moved by Y places, to the left or to the right.
///
/// Bits that leave the integer are lost. To the right, those that come in are copies of the sign. By a negative number of places, or by as
/// many as there are bits or more, all bits are those that come in. Integers with a sign are allowed since opset 28.
package struct BitShift: BitwiseOperator {
  package static let name = "BitShift"
  package static let versions = [11, 28]
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 28 ? .unsigned : .integers }

  /// Whether the bits move to the left.
  package let movesLeft: Bool
  private let allowed: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    guard let direction = try attributes.string("direction") else {
      throw InfoldError(.invalidModel, "the attribute \"direction\" is missing")
    }
    guard direction == "LEFT" || direction == "RIGHT" else {
      throw InfoldError(.invalidModel, "direction is \(String(quoting: direction)), and must be LEFT or RIGHT")
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

/// ONNX BitwiseNot, opset 18: the bits that the integer does not have.
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

/// A function of the bits of two integers in the same place, after broadcasting.
protocol BitwiseOperator: BinaryOperator {
  /// The result for two elements.
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
  /// Every integer of 8 to 64 bits without a sign.
  static let unsigned = ElementTypeSet([.uint8, .uint16, .uint32, .uint64])
}
