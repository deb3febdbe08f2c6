import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Mean, opsets 1, 6, 8, 13: the mean of all inputs, element by element.
package struct Mean: VariadicOperator, FloatingPointOperator {
  package static let name = "Mean"
  package static let versions = [1, 6, 8, 13]
  package static let elementTypes = ElementTypeSet.floatingPoint
  package static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let sum = try combined(inputs) { (a: Element, b: Element) in a + b }
    return [try sum.mapped { (x: Element) in x / Element(inputs.count) }]
  }
}
