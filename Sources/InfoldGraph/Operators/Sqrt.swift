/// ONNX Sqrt, opsets 1, 6, 13: the square root of x; NaN below zero.
public struct Sqrt: UnaryOperator {
  public static let name = "Sqrt"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.squareRoot()
  }
}
