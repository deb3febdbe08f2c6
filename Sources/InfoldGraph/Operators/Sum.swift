/// ONNX Sum, opsets 1, 6, 8, 13: the sum of all inputs, element by element.
public struct Sum: VariadicOperator, FloatingPointOperator {
  public static let name = "Sum"
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
    [try combined(inputs) { (a: Element, b: Element) in a + b }]
  }
}
