/// ONNX Swish, opset 24: x · sigmoid(alpha · x).
public struct Swish: UnaryOperator {
  public static let name = "Swish"
  public static let versions = [24]

  /// The factor of x inside the sigmoid.
  public let alpha: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + .exp(Element(-alpha) * x))
  }
}
