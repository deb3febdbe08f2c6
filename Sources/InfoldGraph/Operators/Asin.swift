/// ONNX Asin, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose sine is x; NaN outside of −1 to 1.
public struct Asin: UnaryOperator {
  public static let name = "Asin"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .asin(x)
  }
}
