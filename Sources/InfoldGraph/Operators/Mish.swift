/// ONNX Mish, opsets 18, 22: x · tanh(ln(1 + exp(x))).
public struct Mish: UnaryOperator {
  public static let name = "Mish"
  public static let versions = [18, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  /// tanh(ln(1 + e)) = e · (e + 2) ÷ (e · (e + 2) + 2), which nears 1 before it overflows.
  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    guard x < 20 else { return x }
    let e = Element.exp(x)
    let n = e * (e + 2)
    return x * (n / (n + 2))
  }
}
