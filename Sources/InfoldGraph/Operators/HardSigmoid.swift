/// ONNX HardSigmoid, opsets 1, 6, 22: alpha · x + beta, bounded to 0 … 1.
public struct HardSigmoid: UnaryOperator {
  public static let name = "HardSigmoid"
  public static let versions = [1, 6, 22]

  /// The slope.
  public let alpha: Float
  /// The result at zero.
  public let beta: Float

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.2
    beta = try attributes.float("beta") ?? 0.5
  }

  public func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let y = Element(alpha) * x + Element(beta)
    return y < 0 ? 0 : y > 1 ? 1 : y
  }
}
