import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX IsInf, opsets 10, 20: whether x is infinite. float8, which opset 20 allows, is not
/// supported.
package struct IsInf: ClassificationOperator {
  package static let name = "IsInf"
  package static let versions = [10, 20]

  /// Whether −∞ is detected.
  package let detectsNegative: Bool
  /// Whether +∞ is detected.
  package let detectsPositive: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    detectsNegative = try attributes.flag("detect_negative", default: true)
    detectsPositive = try attributes.flag("detect_positive", default: true)
  }

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool {
    x == .infinity && detectsPositive || x == -.infinity && detectsNegative
  }
}

/// ONNX IsNaN, opsets 9, 13, 20: whether x is NaN. float8, which opset 20 allows, is not supported.
package struct IsNaN: ClassificationOperator, AttributelessOperator {
  package static let name = "IsNaN"
  package static let versions = [9, 13, 20]

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool { x.isNaN }
}

/// An element-wise predicate of floating-point numbers.
protocol ClassificationOperator: Operator {
  /// Returns whether the predicate holds for `x`.
  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool
}

extension ClassificationOperator {
  public static var family: OperatorFamily { .arithmetic }

  public static var widening: Widening { .sameFunction }

  public static var compatibleVersions: [Int] { Array(versions.dropFirst()) }

  public static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(.bool, try inputs.type(0, of: .floatingPoint).shape)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  public func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.classified({ matches($0) }, { matches($0) })]
  }
}
