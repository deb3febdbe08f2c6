/// ONNX Abs, opsets 1, 6, 13: |x|. That of the least integer is itself.
public struct Abs: NumericUnaryOperator {
  public static let name = "Abs"
  public static let versions = [1, 6, 13]
  public static let elementTypes = ElementTypeSet.numeric

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.magnitude
  }

  public func apply<Element: IntegerElement>(_ x: Element) -> Element {
    x < 0 ? 0 &- x : x
  }
}
