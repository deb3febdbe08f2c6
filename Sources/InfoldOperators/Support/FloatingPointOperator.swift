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

  public static var widening: Widening { .sameFunction }

  public func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    inputs.first??.elementType ?? .float32
  }

  // Inlinable, so that an operator of another module is specialized for `Float` and `Double` there.
  /// Computes in `Double` when an input is float64, else in `Float`. Results of a narrower type are rounded once.
  @inlinable
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try inputs.evaluated(
      context, resultType: { resultType($0, of: inputs) },
      float: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Float.self) },
      double: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Double.self) })
  }
}

/// A `FloatingPointOperator` of this module. It asks for no more than the two evaluations that there are, so that what an operator
/// writes once for both is compiled for `Float` and for `Double`, and not a third time for types that nobody has.
protocol StandardFloatingPointOperator: Operator {
  /// Computes the outputs. Every floating-point input is a tensor of `Float`; others arrive as they are.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext, in _: Float.Type) throws(InfoldError) -> [Tensor?]

  /// Computes the outputs. Every floating-point input is a tensor of `Double`; others arrive as they are.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext, in _: Double.Type) throws(InfoldError) -> [Tensor?]

  /// The element type of output `index` for these inputs, where it is floating point; by default the first input's.
  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType
}

extension StandardFloatingPointOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  public static var widening: Widening { .sameFunction }

  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType { inputs.first??.elementType ?? .float32 }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try evaluateInFloatingPoint(inputs, context)
  }

  /// Computes in `Double` when an input is float64, else in `Float`. Results of a narrower type are rounded once.
  func evaluateInFloatingPoint(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try inputs.evaluated(
      context, resultType: { resultType($0, of: inputs) },
      float: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Float.self) },
      double: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Double.self) })
  }
}

extension Tensor? {
  /// Converts a tensor of elements of type `source`, and no other, to `type`.
  fileprivate mutating func round(from source: ElementType, to type: ElementType) throws(InfoldError) {
    guard let tensor = self, tensor.elementType == source else { return }
    self = try tensor.converted(to: type)
  }
}

extension [Tensor?] {
  /// What `double` makes of these tensors when one of them is float64, else what `float` does, each with the floating-point ones widened.
  /// Results of a narrower type are rounded once.
  @usableFromInline
  func evaluated(
    _ context: EvaluationContext, resultType: (Int) -> ElementType,
    float: ([Tensor?]) throws(InfoldError) -> [Tensor?], double: ([Tensor?]) throws(InfoldError) -> [Tensor?]
  ) throws(InfoldError) -> [Tensor?] {
    let type: ElementType = contains(.float64) ? .float64 : .float32
    let widened = try widened(to: type)
    var results = try type == .float64 ? double(widened) : float(widened)
    for index in results.indices {
      try results[index].round(from: type, to: context.precision == .double ? .float64 : resultType(index))
    }
    return results
  }

  /// Whether one of the tensors has elements of this type.
  func contains(_ type: ElementType) -> Bool { contains { $0?.elementType == type } }

  /// The same tensors, those of floating-point elements converted to `type`.
  func widened(to type: ElementType) throws(InfoldError) -> [Tensor?] {
    var widened = self
    for (index, tensor) in enumerated() where tensor?.elementType.isFloatingPoint == true {
      widened[index] = try tensor?.converted(to: type)
    }
    return widened
  }
}
