/// ONNX LeakyRelu, opsets 1, 6, 16: x where x ≥ 0, else alpha · x.
public struct LeakyRelu: UnaryOperator {
  public static let name = "LeakyRelu"
  public static let versions = [1, 6, 16]

  /// The slope below zero.
  public let alpha: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.01
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * x : x
  }
}
