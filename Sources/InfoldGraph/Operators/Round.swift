/// ONNX Round, opsets 11, 22: the nearest integer, the even one of two that are equally near.
public struct Round: UnaryOperator {
  public static let name = "Round"
  public static let versions = [11, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.toNearestOrEven)
  }
}
