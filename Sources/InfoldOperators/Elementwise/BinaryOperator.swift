import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An element-wise operator of two inputs, with broadcasting.
public protocol BinaryOperator: Operator {
  /// The element types that the operator accepts. Both operands have the same type.
  static var elementTypes: ElementTypeSet { get }
  /// How the operands are broadcast.
  var broadcast: BroadcastRule { get }
}

extension BinaryOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var widening: Widening { .sameFunction }

  /// Opset 7 changed the broadcast rule. Later versions of ONNX's operators only added element
  /// types.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 7 } }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(2) }

  /// Returns the common element type of the operands and the shape of the result.
  func broadcastType(_ inputs: OperatorInputs) throws(InfoldError) -> TensorType {
    let a = try inputs.type(0, of: Self.elementTypes)
    try inputs.requireSameElementType(0...1)
    return TensorType(a.elementType, try broadcast.resultShape(a.shape, try inputs.type(1).shape))
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let a = inputs.sizes(0), let b = inputs.sizes(1),
      let aligned = try? broadcast.aligned(Shape(b), to: Shape(a)).sizes
    else { return .unknown }
    var mapping = AxisMapping.broadcast([a, aligned], to: outputs.first ?? nil)
    // The legacy rule appends axes of size 1 to the second operand.
    for place in mapping.independentAxes.indices {
      if let axis = mapping.independentAxes[place].inputs[1], axis >= b.count {
        mapping.independentAxes[place].inputs[1] = nil
      }
    }
    return mapping
  }

  /// Returns the operands, reshaped so that NumPy broadcasting implements `broadcast`.
  func operands(_ inputs: [Tensor?]) throws(InfoldError) -> [Tensor] {
    let a = inputs[0]!
    return [a, try broadcast.aligned(inputs[1]!, to: a)]
  }
}

/// A binary operator whose results have the type of the operands.
public protocol ArithmeticOperator: BinaryOperator {
  /// Returns the result for two elements.
  func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element
  /// Returns the result for two elements.
  func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element
  /// Rejects integers that the second operand must not have. By default, accepts all.
  func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError)
}

extension ArithmeticOperator {
  /// The affine form that follows from `elementCombination`, if the operator has one.
  public var affineForm: AffineForm? {
    guard let combination = elementCombination else { return nil }
    switch combination.function {
    case .sum, .difference, .product, .quotient: return .arithmetic(combination)
    case .maximum, .minimum, .parametricRelu: return nil
    }
  }

  public static var elementTypes: ElementTypeSet { .numeric }

  public func check<Element: IntegerElement>(divisors: Tensor, as _: Element.Type) throws(InfoldError) {}

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try broadcastType(inputs)]
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    switch operands[0].elementType {
    case .float64:
      return [
        try .broadcasting(
          operands[0], operands[1],
          rows: { (row, a: Span<Double>, b, y: inout MutableSpan<Double>) in row.compute(a, b, &y, apply) })
      ]
    case let type where type.isFloatingPoint:
      let a = try operands[0].converted(to: .float32), b = try operands[1].converted(to: .float32)
      return [
        try .broadcasting(
          a, b, rows: { (row, a: Span<Float>, b, y: inout MutableSpan<Float>) in row.compute(a, b, &y, apply) }
        ).converted(to: type)
      ]
    case .int64:
      try check(divisors: operands[1], as: Int64.self)
      return [try .broadcasting(operands[0], operands[1]) { (a: Int64, b: Int64) in apply(a, b) }]
    case let type: return [try integers(operands, as: type.integerElement)]
    }
  }

  private func integers<Element: IntegerElement>(
    _ operands: [Tensor], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try check(divisors: operands[1], as: Element.self)
    return try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
  }
}

/// A binary operator that compares numbers.
public protocol ComparisonOperator: BinaryOperator {
  /// Returns the result for two elements.
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

  /// Returns the result for operands of a numeric type.
  func compared(_ operands: [Tensor]) throws(InfoldError) -> Tensor {
    switch operands[0].elementType {
    case let type where type.isFloatingPoint: try .comparing(operands, { apply($0, $1) }, { apply($0, $1) })
    case .int64: try .broadcasting(operands[0], operands[1]) { (a: Int64, b: Int64) in apply(a, b) }
    case let type: try comparedIntegers(operands, as: type.integerElement)
    }
  }

  private func comparedIntegers<Element: IntegerElement>(
    _ operands: [Tensor], as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try .broadcasting(operands[0], operands[1]) { (a: Element, b: Element) in apply(a, b) }
  }
}

/// A binary operator on booleans.
public protocol LogicalOperator: BinaryOperator {
  /// Returns the result for two elements.
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

/// The error of an integer division by zero.
package var divisionByZero: InfoldError { InfoldError(.invalidArgument, "integer division by zero") }

/// Throws an error if an integer divisor is zero.
func requireNoZero<Element: IntegerElement>(in divisors: Tensor, as _: Element.Type) throws(InfoldError) {
  let hasZero = divisors.withElements(as: Element.self) { divisors in
    divisors.indices.contains { divisors[$0] == 0 }
  }
  if hasZero { throw divisionByZero }
}
