import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sum, opsets 1, 6, 8, 13: the sum of all inputs, element by element.
package struct Sum: VariadicOperator, StandardFloatingPointOperator {
  package static let name = "Sum"
  package static let versions = [1, 6, 8, 13]
  package static let elementTypes = ElementTypeSet.floatingPoint
  package static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  package var elementCombination: ElementCombination? { ElementCombination(.sum, broadcast) }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [
      try combined(inputs) { (a, b) throws(InfoldError) in
        try .broadcasting(a, b) { (a: Element, b: Element) in a + b }
      }
    ]
  }
}

extension Sum {
  package var quantizedForm: QuantizedForm? { .addition }
}

/// ONNX Mean, opsets 1, 6, 8, 13: the mean of all inputs, element by element.
package struct Mean: VariadicOperator, StandardFloatingPointOperator {
  package static let name = "Mean"
  package static let versions = [1, 6, 8, 13]
  package static let elementTypes = ElementTypeSet.floatingPoint
  package static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let sum = try combined(inputs) { (a, b) throws(InfoldError) in
      try .broadcasting(a, b) { (a: Element, b: Element) in a + b }
    }
    return [try sum.mapped { (x: Element) in x / Element(inputs.count) }]
  }
}
