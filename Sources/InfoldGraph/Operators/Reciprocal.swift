/// ONNX Reciprocal, opsets 1, 6, 13: 1 ÷ x.
public struct Reciprocal: UnaryOperator {
  public static let name = "Reciprocal"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    1 / x
  }
}
