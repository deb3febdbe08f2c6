/// ONNX Acos, opsets 7, 22: the angle between 0 and π whose cosine is x; NaN outside of −1 to 1.
public struct Acos: UnaryOperator {
  public static let name = "Acos"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .acos(x)
  }
}
