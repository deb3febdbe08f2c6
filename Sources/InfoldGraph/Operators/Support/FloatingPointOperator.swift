/// An operator that computes in floating point. Its evaluation is written once for `Float` and `Double`.
public protocol FloatingPointOperator: Operator {
  /// Computes the outputs. Every floating-point input is a tensor of `Element`; others arrive as they are.
  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?]
}

extension FloatingPointOperator {
  /// Computes in `Double` when the first input is float64, else in `Float`. The results have the first input's type:
  /// those of float16 and bfloat16 are rounded once.
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let resultType = inputs.first??.elementType ?? .float32
    return resultType == .float64
      ? try evaluate(inputs, context, in: Double.self, resultType)
      : try evaluate(inputs, context, in: Float.self, resultType)
  }

  private func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in type: Element.Type, _ resultType: ElementType
  ) throws(InfoldError) -> [Tensor?] {
    var computed: [Tensor?] = []
    for input in inputs {
      computed.append(
        input?.elementType.isFloatingPoint == true ? try input?.converted(to: Element.elementType) : input)
    }
    var results: [Tensor?] = []
    for output in try evaluate(computed, context, in: type) {
      results.append(output?.elementType == Element.elementType ? try output?.converted(to: resultType) : output)
    }
    return results
  }
}
