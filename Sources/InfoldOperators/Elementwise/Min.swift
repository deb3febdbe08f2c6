import InfoldGraph
import InfoldSystem
import InfoldTensor

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
    [
      try withNumericType(of: inputs.compactMap { $0 }) { (inputs, type) throws(InfoldError) in
        func compute<Element: NumericElement>(_: Element.Type) throws(InfoldError) -> Tensor {
          try combined(inputs) { (a: Element, b: Element) in a < b || a != a ? a : b }
        }
        return try compute(type)
      }
    ]
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    a == b ? a : .computed(a, b) { (Swift.min($0, $1), false) }
  }
}
