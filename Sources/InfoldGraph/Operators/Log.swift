/// ONNX Log, opsets 1, 6, 13: the natural logarithm of x; −∞ at zero, NaN below.
public struct Log: UnaryOperator {
  public static let name = "Log"
  public static let versions = [1, 6, 13]

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .log(x)
  }
}
