/// ONNX Relu, opsets 1, 6, 13, 14: max(x, 0), element by element.
public struct Relu: NumericUnaryOperator {
  public static let name = "Relu"
  public static let versions = [1, 6, 13, 14]
  public static let elementTypes = ElementTypeSet.floatingPointAndSigned

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  /// max(x, 0); NaN stays NaN.
  public func apply<Element: NumericElement>(_ x: Element) -> Element {
    x < 0 ? 0 : x
  }
}
