/// ONNX Sign, opsets 9, 13: 1 where x > 0, −1 where x < 0, 0 where x = 0. NaN stays NaN.
public struct Sign: NumericUnaryOperator {
  public static let name = "Sign"
  public static let versions = [9, 13]
  public static let elementTypes = ElementTypeSet.numeric

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x > 0 ? 1 : x < 0 ? -1 : x
  }

  public func apply<Element: IntegerElement>(_ x: Element) -> Element {
    x.signum()
  }
}
