/// ONNX Neg, opsets 1, 6, 13: −x. That of the least integer is itself.
public struct Neg: NumericUnaryOperator {
  public static let name = "Neg"
  public static let versions = [1, 6, 13]
  public static let elementTypes = ElementTypeSet.floatingPointAndSigned

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    -x
  }

  public func apply<Element: IntegerElement>(_ x: Element) -> Element {
    0 &- x
  }
}
