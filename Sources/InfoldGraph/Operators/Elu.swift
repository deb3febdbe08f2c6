/// ONNX Elu, opsets 1, 6, 22: x where x ≥ 0, else alpha · (exp(x) − 1).
public struct Elu: UnaryOperator {
  public static let name = "Elu"
  public static let versions = [1, 6, 22]

  /// What the result tends to below zero, negated.
  public let alpha: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 1
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * .expMinusOne(x) : x
  }
}
