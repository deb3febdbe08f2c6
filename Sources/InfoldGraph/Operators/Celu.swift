/// ONNX Celu, opsets 12, 28: x where x ≥ 0, else alpha · (exp(x ÷ alpha) − 1).
public struct Celu: UnaryOperator {
  public static let name = "Celu"
  public static let versions = [12, 28]

  /// What the result tends to below zero, negated.
  public let alpha: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x / Element(alpha)) : x
  }
}
