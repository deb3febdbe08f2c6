/// ONNX ThresholdedRelu, opsets 10, 22: x where x > alpha, else 0; 0 for NaN.
public struct ThresholdedRelu: UnaryOperator {
  public static let name = "ThresholdedRelu"
  public static let versions = [10, 22]

  /// The threshold.
  public let alpha: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x > Element(alpha) ? x : 0
  }
}
