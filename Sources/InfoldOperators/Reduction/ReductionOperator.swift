import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that reduces all elements along some axes to one.
public protocol ReductionOperator: Operator {
  /// The element types that the operator accepts. Booleans are reduced as the integers 0 and 1.
  static var elementTypes: ElementTypeSet { get }
  /// The element types that this use of the operator accepts in its version. By default, the static
  /// `elementTypes`.
  var elementTypes: ElementTypeSet { get }
  /// The first version in which the axes are an input.
  static var axesAreInputSince: Int { get }
  /// The axes.
  var axes: ReductionAxes { get }
  /// Reduces `x` to `shape`, in which the reduced axes have size 1, in the type `Element`.
  func reduce<Element: FloatingPointElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor
  /// Reduces `x` to `shape`, in which the reduced axes have size 1, in the type `Element`.
  func reduce<Element: IntegerElement>(
    _ x: Tensor, to shape: [Int], as _: Element.Type
  ) throws(InfoldError) -> Tensor
}

extension ReductionOperator {
  public static var family: OperatorFamily { .pool }

  public static var widening: Widening { .sameFunction }

  public static var compatibleVersions: [Int] { versions.dropFirst().filter { $0 != axesAreInputSince } }

  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  public static var elementTypes: ElementTypeSet { .numeric }

  public var elementTypes: ElementTypeSet { Self.elementTypes }

  public static func arity(since version: Int) -> Arity {
    version < axesAreInputSince ? Arity(1) : Arity(inputs: 1...2)
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: elementTypes)
    return [TensorType(x.elementType, try axes.resultShape(inputs, of: x.shape))]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, !inputs.has(1) || inputs.constant(1) != nil,
      let isReduced = try? axes.reduced(inputs.constant(1), rank: rank)
    else { return .unknown }
    return .reduction(isReduced, keepsDimensions: axes.keepsDimensions)
  }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try reduced(inputs[0]!, to: try axes.reducedShape(inputs)).reshaped(to: try inferredShape(inputs))]
  }

  private func reduced(_ x: Tensor, to shape: [Int]) throws(InfoldError) -> Tensor {
    if x.elementType == .bool {
      let bits = try x.mapped { (x: Bool) -> UInt8 in x ? 1 : 0 }
      return try reduce(bits, to: shape, as: UInt8.self).mapped { (y: UInt8) in y != 0 }
    }
    return switch x.elementType {
    case .float32: try reduce(x, to: shape, as: Float.self)
    case .float64: try reduce(x, to: shape, as: Double.self)
    case .int64: try reduce(x, to: shape, as: Int64.self)
    case let type where type.isFloatingPoint:
      try reduce(x.converted(to: .float32), to: shape, as: Float.self).converted(to: type)
    case let type: try reduce(x, to: shape, as: type.integerElement)
    }
  }
}
