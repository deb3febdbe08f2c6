/// ONNX Atanh, opsets 9, 22: the number whose hyperbolic tangent is x; NaN outside of −1 to 1.
public struct Atanh: UnaryOperator {
  public static let name = "Atanh"
  public static let versions = [9, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .atanh(x)
  }
}
