/// ONNX Atan, opsets 7, 22: the angle between −π ÷ 2 and π ÷ 2 whose tangent is x.
public struct Atan: UnaryOperator {
  public static let name = "Atan"
  public static let versions = [7, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .atan(x)
  }
}
