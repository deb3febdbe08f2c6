import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that tells of each floating-point number whether it is of some kind.
protocol ClassificationOperator: FloatingPointOperator {
  /// Whether `x` is of the kind.
  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool
}

extension ClassificationOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var compatibleVersions: [Int] { Array(versions.dropFirst()) }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(.bool, try inputs.type(0, of: .floatingPoint).shape)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.mapped { (x: Element) in matches(x) }]
  }
}
