/// ONNX Softplus, opsets 1, 22: ln(1 + exp(x)).
public struct Softplus: UnaryOperator {
  public static let name = "Softplus"
  public static let versions = [1, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  /// max(x, 0) + ln(1 + exp(−|x|)), which is the same and does not overflow.
  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    (x < 0 ? 0 : x) + .log(onePlus: .exp(-x.magnitude))
  }
}
