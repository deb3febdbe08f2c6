/// ONNX Cos, opsets 7, 22: the cosine of x.
public struct Cos: UnaryOperator {
  public static let name = "Cos"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .cos(x)
  }
}
