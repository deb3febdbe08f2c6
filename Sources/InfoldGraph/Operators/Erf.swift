/// ONNX Erf, opsets 9, 13: the error function, 2 ÷ √π · ∫ exp(−t²) dt from 0 to x. Integers, which opset 9 allows, are not
/// supported.
public struct Erf: UnaryOperator {
  public static let name = "Erf"
  public static let versions = [9, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .erf(x)
  }
}
