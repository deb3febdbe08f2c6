/// ONNX Cosh, opsets 9, 22: the hyperbolic cosine of x.
public struct Cosh: UnaryOperator {
  public static let name = "Cosh"
  public static let versions = [9, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .cosh(x)
  }
}
