/// ONNX Shrink, opset 9: x + bias where x < −lambd, x − bias where x > lambd, else 0; 0 for NaN.
///
/// Integers are computed with in `Double`, and the results rounded toward zero and bounded to what the type can hold.
public struct Shrink: NumericUnaryOperator {
  public static let name = "Shrink"
  public static let versions = [9]
  public static let elementTypes = ElementTypeSet.numeric

  /// How far what is left is moved toward zero.
  public let bias: Float
  /// Up to what magnitude numbers become zero.
  public let lambd: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    bias = try attributes.float("bias") ?? 0
    lambd = try attributes.float("lambd") ?? 0.5
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < -Element(lambd) ? x + Element(bias) : x > Element(lambd) ? x - Element(bias) : 0
  }

  public func apply<Element: IntegerElement>(_ x: Element) -> Element {
    Element(saturating: apply(Double(x)))
  }
}
