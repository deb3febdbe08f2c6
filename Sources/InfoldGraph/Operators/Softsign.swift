/// ONNX Softsign, opsets 1, 22: x ÷ (1 + |x|).
public struct Softsign: UnaryOperator {
  public static let name = "Softsign"
  public static let versions = [1, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + x.magnitude)
  }
}
