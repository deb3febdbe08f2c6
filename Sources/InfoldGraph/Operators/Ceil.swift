/// ONNX Ceil, opsets 1, 6, 13: the least integer that is not below x.
public struct Ceil: UnaryOperator {
  public static let name = "Ceil"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.up)
  }
}
