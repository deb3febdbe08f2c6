/// ONNX Sigmoid, opsets 1, 6, 13: 1 ÷ (1 + exp(−x)).
public struct Sigmoid: UnaryOperator {
  public static let name = "Sigmoid"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    1 / (1 + .exp(-x))
  }
}
