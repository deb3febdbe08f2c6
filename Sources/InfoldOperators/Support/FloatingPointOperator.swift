import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes in floating point. Its evaluation is written once for `Float` and `Double`.
public protocol FloatingPointOperator: Operator {
  /// Computes the outputs. Every floating-point input is a tensor of `Element`; others arrive as they are.
  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?]

  /// The element type of output `index` for these inputs, where it is floating point; by default the first input's.
  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType
}

extension FloatingPointOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  public func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    inputs.first??.elementType ?? .float32
  }

  // Inlinable, so that an operator of another module is specialized for `Float` and `Double` there.
  @inlinable
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try evaluateInFloatingPoint(inputs, context)
  }

  /// Computes in `Double` when an input is float64, else in `Float`. Results of a narrower type are rounded once.
  @inlinable
  func evaluateInFloatingPoint(
    _ inputs: [Tensor?], _ context: EvaluationContext
  ) throws(InfoldError) -> [Tensor?] {
    inputs.contains { $0?.elementType == .float64 }
      ? try evaluateWidened(inputs, context, in: Double.self) : try evaluateWidened(inputs, context, in: Float.self)
  }

  @inlinable
  func evaluateWidened<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in type: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    var results = try evaluate(try inputs.widened(to: Element.elementType), context, in: type)
    for (index, result) in results.enumerated() where result?.elementType == Element.elementType {
      let resultType = context.precision == .double ? .float64 : resultType(index, of: inputs)
      results[index] = try result?.converted(to: resultType)
    }
    return results
  }
}

extension [Tensor?] {
  /// The same tensors, those of floating-point elements converted to `type`.
  @usableFromInline
  func widened(to type: ElementType) throws(InfoldError) -> [Tensor?] {
    var widened = self
    for (index, tensor) in enumerated() where tensor?.elementType.isFloatingPoint == true {
      widened[index] = try tensor?.converted(to: type)
    }
    return widened
  }
}
