/// ONNX And, opsets 1, 7: whether both are true, element by element.
public struct And: LogicalOperator {
  public static let name = "And"
  public static let versions = [1, 7]
  public let broadcast: BroadcastRule

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  public func apply(_ a: Bool, _ b: Bool) -> Bool {
    a && b
  }
}
