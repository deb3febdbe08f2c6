/// ONNX Floor, opsets 1, 6, 13: the greatest integer that is not above x.
public struct Floor: UnaryOperator {
  public static let name = "Floor"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.down)
  }
}
