/// ONNX Sinh, opsets 9, 22: the hyperbolic sine of x.
public struct Sinh: UnaryOperator {
  public static let name = "Sinh"
  public static let versions = [9, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .sinh(x)
  }
}
