/// ONNX Acosh, opsets 9, 22: the number ≥ 0 whose hyperbolic cosine is x; NaN below 1.
public struct Acosh: UnaryOperator {
  public static let name = "Acosh"
  public static let versions = [9, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .acosh(x)
  }
}
