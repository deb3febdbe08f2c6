/// ONNX Tan, opsets 7, 22: the tangent of x.
public struct Tan: UnaryOperator {
  public static let name = "Tan"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .tan(x)
  }
}
