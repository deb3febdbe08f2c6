import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An element-wise operator of one input that computes in floating point.
public protocol UnaryOperator: FloatingPointOperator {
  /// Returns the result for one element.
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element
}

extension UnaryOperator {
  public static var family: OperatorFamily { .arithmetic }

  /// Since opset 7, new versions of ONNX's unary functions only added element types.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public var quantizedForm: QuantizedForm? { .function }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .floatingPoint)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  @inlinable
  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Element) in apply(x) }]
  }

  /// Computes in `Double` for float64 and in `Float` otherwise, one number at a time. Results of a
  /// narrower type are rounded once.
  // Inlinable, so that operators of other modules are specialized there.
  @inlinable
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let type = context.precision == .double ? .float64 : resultType(0, of: inputs)
    return [try inputs[0]!.mapped(to: type, { apply($0) }, { apply($0) })]
  }
}

/// An element-wise operator of one input for numbers of any type.
public protocol NumericUnaryOperator: Operator {
  /// The element types that the operator accepts.
  static var elementTypes: ElementTypeSet { get }
  /// Returns the result for one element.
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element
  /// Returns the result for one element.
  func apply<Element: IntegerElement>(_ x: Element) -> Element
}

extension NumericUnaryOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var widening: Widening { .sameFunction }

  /// Since opset 7, new versions of ONNX's unary functions only added element types.
  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 > 6 } }

  public var quantizedForm: QuantizedForm? { .function }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: Self.elementTypes)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    switch x.elementType {
    case let type where type.isFloatingPoint: return [try x.mapped(to: type, { apply($0) }, { apply($0) })]
    case .int64: return [try x.mapped { (x: Int64) in apply(x) }]
    default: return [try integers(x, as: x.elementType.integerElement)]
    }
  }

  private func integers<Element: IntegerElement>(_ x: Tensor, as _: Element.Type) throws(InfoldError) -> Tensor {
    try x.mapped { (x: Element) in apply(x) }
  }
}
