/// ONNX LessOrEqual, opsets 12, 16: whether A ≤ B, element by element. Nothing holds of NaN.
public struct LessOrEqual: ComparisonOperator {
  public static let name = "LessOrEqual"
  public static let versions = [12, 16]
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  public func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    a <= b
  }
}
