import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes in floating point. Its evaluation is generic over `Float` and
/// `Double`.
public protocol FloatingPointOperator: Operator {
  /// Computes the outputs. Floating-point inputs are converted to `Element`; others are passed
  /// unchanged.
  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?]

  /// Returns the element type of output `index` if it is floating-point. By default, that of the
  /// first input.
  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType
}

extension FloatingPointOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  public static var widening: Widening { .sameFunction }

  public func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    inputs.first??.elementType ?? .float32
  }

  // Inlinable, so that operators of other modules are specialized for `Float` and `Double` there.
  /// Computes in `Double` if an input is float64, otherwise in `Float`. Results of a narrower type
  /// are rounded once.
  @inlinable
  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try inputs.evaluated(
      context, resultType: { resultType($0, of: inputs) },
      float: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Float.self) },
      double: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Double.self) })
  }
}

/// A `FloatingPointOperator` of this module. Requiring just the two concrete evaluations lets the
/// compiler specialize an operator's generic function for `Float` and `Double` without also
/// emitting an unused generic version.
protocol StandardFloatingPointOperator: Operator {
  /// Computes the outputs. Floating-point inputs are converted to `Float`; others are passed
  /// unchanged.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext, in _: Float.Type) throws(InfoldError) -> [Tensor?]

  /// Computes the outputs. Floating-point inputs are converted to `Double`; others are passed
  /// unchanged.
  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext, in _: Double.Type) throws(InfoldError) -> [Tensor?]

  /// Returns the element type of output `index` if it is floating-point. By default, that of the
  /// first input.
  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType
}

extension StandardFloatingPointOperator {
  public static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  public static var widening: Widening { .sameFunction }

  func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType { inputs.first??.elementType ?? .float32 }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try evaluateInFloatingPoint(inputs, context)
  }

  /// Computes in `Double` if an input is float64, otherwise in `Float`. Results of a narrower type
  /// are rounded once.
  func evaluateInFloatingPoint(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    try inputs.evaluated(
      context, resultType: { resultType($0, of: inputs) },
      float: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Float.self) },
      double: { (inputs) throws(InfoldError) in try evaluate(inputs, context, in: Double.self) })
  }
}

extension Tensor? {
  /// Converts the tensor to `type` if its element type is `source`.
  fileprivate mutating func round(from source: ElementType, to type: ElementType) throws(InfoldError) {
    guard let tensor = self, tensor.elementType == source else { return }
    self = try tensor.converted(to: type)
  }
}

extension [Tensor?] {
  /// Returns the result of `double` if one of the tensors is float64, otherwise that of `float`,
  /// with floating-point tensors widened. Results of a narrower type are rounded once.
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

  /// Returns whether one of the tensors has this element type.
  func contains(_ type: ElementType) -> Bool { contains { $0?.elementType == type } }

  /// Returns the tensors with floating-point elements converted to `type`.
  func widened(to type: ElementType) throws(InfoldError) -> [Tensor?] {
    var widened = self
    for (index, tensor) in enumerated() where tensor?.elementType.isFloatingPoint == true {
      widened[index] = try tensor?.converted(to: type)
    }
    return widened
  }
}
