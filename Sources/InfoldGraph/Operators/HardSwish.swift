/// ONNX HardSwish, opsets 14, 22: x · (x ÷ 6 + ½ bounded to 0 … 1).
public struct HardSwish: UnaryOperator {
  public static let name = "HardSwish"
  public static let versions = [14, 22]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let gate = x / 6 + 0.5
    return x * (gate < 0 ? 0 : gate > 1 ? 1 : gate)
  }
}
