import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Max, opsets 1, 6, 8, 12, 13: the greatest of all inputs, element by element. NaN where one of them is.
package struct Max: VariadicOperator, DimensionOperator {
  package static let name = "Max"
  package static let versions = [1, 6, 8, 12, 13]
  package static let elementTypes = ElementTypeSet.numeric
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.maximum, broadcast) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try combined(inputs, GreaterOfTwo().broadcasting)]
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    a == b ? a : .computed(a, b) { (Swift.max($0, $1), false) }
  }
}

/// The greater of two; NaN where one of them is.
private struct GreaterOfTwo: NumericFunction {
  func callAsFunction<Element: NumericElement>(_ a: Element, _ b: Element) -> Element {
    a > b || a != a ? a : b
  }
}

/// ONNX Min, opsets 1, 6, 8, 12, 13: the least of all inputs, element by element. NaN where one of them is.
package struct Min: VariadicOperator, DimensionOperator {
  package static let name = "Min"
  package static let versions = [1, 6, 8, 12, 13]
  package static let elementTypes = ElementTypeSet.numeric
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.minimum, broadcast) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try combined(inputs, LesserOfTwo().broadcasting)]
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    a == b ? a : .computed(a, b) { (Swift.min($0, $1), false) }
  }
}

/// The lesser of two; NaN where one of them is.
private struct LesserOfTwo: NumericFunction {
  func callAsFunction<Element: NumericElement>(_ a: Element, _ b: Element) -> Element {
    a < b || a != a ? a : b
  }
}
