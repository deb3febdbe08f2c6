/// ONNX Mean, opsets 1, 6, 8, 13: the mean of all inputs, element by element.
public struct Mean: VariadicOperator, FloatingPointOperator {
  public static let name = "Mean"
  public static let versions = [1, 6, 8, 13]
  public static let elementTypes = ElementTypeSet.floatingPoint
  public static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = Self.broadcastRule(since: attributes.version)
  }

  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let sum = try combined(inputs) { (a: Element, b: Element) in a + b }
    return [try sum.mapped { (x: Element) in x / Element(inputs.count) }]
  }
}
