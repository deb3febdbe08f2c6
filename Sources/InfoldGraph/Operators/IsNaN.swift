/// ONNX IsNaN, opsets 9, 13, 20: whether x is not a number. float8, which opset 20 allows, is not supported.
public struct IsNaN: ClassificationOperator {
  public static let name = "IsNaN"
  public static let versions = [9, 13, 20]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  func matches<Element: FloatingPointElement>(_ x: Element) -> Bool {
    x.isNaN
  }
}
