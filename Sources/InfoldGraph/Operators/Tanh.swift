/// ONNX Tanh, opsets 1, 6, 13: the hyperbolic tangent of x.
public struct Tanh: UnaryOperator {
  public static let name = "Tanh"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .tanh(x)
  }
}
