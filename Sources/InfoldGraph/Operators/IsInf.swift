/// ONNX IsInf, opsets 10, 20: whether x is infinite. float8, which opset 20 allows, is not supported.
public struct IsInf: ClassificationOperator {
  public static let name = "IsInf"
  public static let versions = [10, 20]

  /// Whether −∞ counts.
  public let detectsNegative: Bool
  /// Whether +∞ counts.
  public let detectsPositive: Bool

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    detectsNegative = try attributes.flag("detect_negative", default: true)
    detectsPositive = try attributes.flag("detect_positive", default: true)
  }

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool {
    x == .infinity && detectsPositive || x == -.infinity && detectsNegative
  }
}
