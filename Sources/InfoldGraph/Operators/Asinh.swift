/// ONNX Asinh, opsets 9, 22: the number whose hyperbolic sine is x.
public struct Asinh: UnaryOperator {
  public static let name = "Asinh"
  public static let versions = [9, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .asinh(x)
  }
}
