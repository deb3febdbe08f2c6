import InfoldGraph
import InfoldSystem

/// An operator without attributes.
protocol AttributelessOperator: Operator {
  /// Creates the operator.
  init()
}

extension AttributelessOperator {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs(of: Self.self)
    self.init()
  }
}

/// An operator whose only attributes select the broadcast rule.
protocol BroadcastingOperator: Operator {
  /// Creates the operator with a broadcast rule.
  init(broadcast: BroadcastRule)

  /// Returns the broadcast rule that the attributes select in their version.
  static func broadcastRule(_ attributes: inout AttributeReader) throws(InfoldError) -> BroadcastRule
}

extension BroadcastingOperator {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs(of: Self.self)
    self.init(broadcast: try Self.broadcastRule(&attributes))
  }
}

extension BroadcastingOperator where Self: BinaryOperator {
  static func broadcastRule(_ attributes: inout AttributeReader) throws(InfoldError) -> BroadcastRule {
    try BroadcastRule(&attributes)
  }
}

extension BroadcastingOperator where Self: VariadicOperator {
  /// Returns the rule for a version. Before opset 8, these operators do not broadcast.
  static func broadcastRule(_ attributes: inout AttributeReader) -> BroadcastRule {
    attributes.version < 8 ? .equalShapes : .multidirectional
  }
}

extension AttributeReader {
  /// Ignores the hint `consumed_inputs` if the operator had it. Opset 6 redefined those operators
  /// without it.
  fileprivate mutating func ignoreConsumedInputs(of operatorType: any Operator.Type) {
    if operatorType.versions.contains(6) { ignoreConsumedInputs() }
  }
}
