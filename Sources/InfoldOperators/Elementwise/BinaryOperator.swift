import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes each element from two in the same place, after broadcasting.
public protocol BinaryOperator: Operator {
  /// The element types that it accepts; both operands have the same.
  static var elementTypes: ElementTypeSet { get }
  /// How the operands' shapes are brought together.
  var broadcast: BroadcastRule { get }
}

extension BinaryOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(2) }

  /// The common element type of the operands, and the shape of the result.
  func broadcastType(_ inputs: OperatorInputs) throws(InfoldError) -> TensorType {
    let a = try inputs.type(0, of: Self.elementTypes)
    try inputs.requireSameElementType(0...1)
    return TensorType(a.elementType, try broadcast.resultShape(a.shape, try inputs.type(1).shape))
  }

  /// The operands, with shapes that NumPy's rule brings together as `broadcast` wants.
  func operands(_ inputs: [Tensor?]) throws(InfoldError) -> [Tensor] {
    let a = inputs[0]!
    return [a, try broadcast.aligned(inputs[1]!, to: a)]
  }
}

/// A binary operator whose results have the operands' type.
public protocol ArithmeticOperator: BinaryOperator {
  /// The result for two elements.
  func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element
  /// The result for two elements.
  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element
  /// Refuses integers that the second operand must not have. The default accepts all.
  func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError)
}

extension ArithmeticOperator {
  public static var elementTypes: ElementTypeSet { .numeric }

  public func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError) {}

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try broadcastType(inputs)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [
      try withElementType(
        of: try operands(inputs),
        floatingPoint: { (operands, type) throws(InfoldError) in
          func compute<Element: FloatingPointElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
          }
          return try compute(type)
        },
        integer: { (operands, type) throws(InfoldError) in
          func compute<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
            try check(divisors: operands[1], as: Element.self)
            return try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
          }
          return try compute(type)
        })
    ]
  }
}

/// A binary operator that compares numbers.
public protocol ComparisonOperator: BinaryOperator {
  /// The result for two elements.
  func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool
}

extension ComparisonOperator {
  public static var elementTypes: ElementTypeSet { .numeric }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(.bool, try broadcastType(inputs).shape)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try compared(try operands(inputs))]
  }

  /// The result for operands of a numeric type.
  @inline(__always)
  func compared(_ operands: [Tensor]) throws(InfoldError) -> Tensor {
    try withNumericType(of: operands) { (operands, type) throws(InfoldError) in
      func compute<Element: NumericElement>(_: Element.Type) throws(InfoldError) -> Tensor {
        try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
      }
      return try compute(type)
    }
  }
}

/// A binary operator on truth values.
public protocol LogicalOperator: BinaryOperator {
  /// The result for two elements.
  func apply(_ a: Bool, _ b: Bool) -> Bool
}

extension LogicalOperator {
  public static var elementTypes: ElementTypeSet { .bool }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try broadcastType(inputs)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    return [try .broadcasting(operands[0], operands[1]) { (a: Bool, b: Bool) in apply(a, b) }]
  }
}

/// Refuses a zero among integers that something is divided by.
func requireNoZero<Element: IntegerElement>(in divisors: Tensor, as _: Element.Type) throws(InfoldError) {
  let hasZero = divisors.withElements(as: Element.self) { divisors in
    divisors.indices.contains { divisors[$0] == 0 }
  }
  if hasZero { throw InfoldError(.invalidArgument, "integers are divided by zero") }
}
