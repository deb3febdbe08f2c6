import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes the same function for numbers of every type. Its evaluation is generic
/// over the type.
public protocol NumericOperator: Operator {
  /// Computes the outputs. Inputs of the first input's type are passed as tensors of `Element`;
  /// others are passed unchanged.
  func evaluate<Element: NumericElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?]
}

extension NumericOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }

  public static var widening: Widening { .sameFunction }

  /// Computes in the first input's element type. float16 and bfloat16 are widened to `Float`, and
  /// the results are rounded once.
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let type = inputs[0]!.elementType
    switch type {
    case .float16, .bfloat16:
      var results = try evaluate(try inputs.widened(to: .float32), context, in: Float.self)
      for (index, result) in results.enumerated() where result?.elementType == .float32 {
        results[index] = try result?.converted(to: type)
      }
      return results
    case .float32: return try evaluate(inputs, context, in: Float.self)
    case .float64: return try evaluate(inputs, context, in: Double.self)
    case .int64: return try evaluate(inputs, context, in: Int64.self)
    // A shared generic body for types that large tensors rarely have.
    default: return try evaluate(inputs, context, in: type.integerElement)
    }
  }
}
