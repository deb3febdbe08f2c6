/// ONNX Xor, opsets 1, 7: whether one is true, and not both, element by element.
public struct Xor: LogicalOperator {
  public static let name = "Xor"
  public static let versions = [1, 7]
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  public func apply(_ a: Bool, _ b: Bool) -> Bool {
    a != b
  }
}
