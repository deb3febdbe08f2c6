/// ONNX Exp, opsets 1, 6, 13: exp(x).
public struct Exp: UnaryOperator {
  public static let name = "Exp"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .exp(x)
  }
}
