/// ONNX Sub, opsets 1, 6, 7, 13, 14: A − B, element by element. Integers are computed modulo 2ⁿ.
public struct Sub: ArithmeticOperator, DimensionOperator {
  public static let name = "Sub"
  public static let versions = [1, 6, 7, 13, 14]
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    broadcast = try BroadcastRule(&attributes)
  }

  public func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element {
    a - b
  }

  public func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element {
    a &- b
  }

  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    if b == 0 { return a }
    return a == b && a != .unknown ? 0 : .computed(a, b) { $0.subtractingReportingOverflow($1) }
  }
}
