import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Max, opsets 1, 6, 8, 12, 13: the element-wise maximum of all inputs, or NaN if one is NaN.
package struct Max: ExtremumOperator {
  package static let name = "Max"
  package static let versions = [1, 6, 8, 12, 13]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.maximum, broadcast) }

  func callAsFunction<Element: NumericElement>(_ a: Element, _ b: Element) -> Element { a > b || a != a ? a : b }
}

/// ONNX Min, opsets 1, 6, 8, 12, 13: the element-wise minimum of all inputs, or NaN if one is NaN.
package struct Min: ExtremumOperator {
  package static let name = "Min"
  package static let versions = [1, 6, 8, 12, 13]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.minimum, broadcast) }

  func callAsFunction<Element: NumericElement>(_ a: Element, _ b: Element) -> Element { a < b || a != a ? a : b }
}

/// An operator that selects one of all inputs, element-wise. As a function, it selects one of two
/// numbers.
protocol ExtremumOperator: VariadicOperator, DimensionOperator, BroadcastingOperator, NumericFunction {}

extension ExtremumOperator {
  package static var elementTypes: ElementTypeSet { .numeric }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try combined(inputs, broadcasting)]
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    a == b ? a : .computed(a, b) { (Int(self(Int64($0), Int64($1))), false) }
  }
}
