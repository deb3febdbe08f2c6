/// ONNX Sin, opsets 7, 22: the sine of x.
public struct Sin: UnaryOperator {
  public static let name = "Sin"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .sin(x)
  }
}
