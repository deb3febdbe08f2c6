/// ONNX Less, opsets 1, 7, 9, 13: whether A < B, element by element. Nothing holds of NaN.
public struct Less: ComparisonOperator {
  public static let name = "Less"
  public static let versions = [1, 7, 9, 13]
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  public func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    a < b
  }
}
