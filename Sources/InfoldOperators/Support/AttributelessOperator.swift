import InfoldGraph
import InfoldSystem

/// An operator that has no attributes.
protocol AttributelessOperator: Operator {
  /// The operator.
  init()
}

extension AttributelessOperator {
  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs(of: Self.self)
    self.init()
  }
}

/// An operator whose attributes say how the shapes of its inputs are brought together, and nothing else.
protocol BroadcastingOperator: Operator {
  /// The operator under a rule.
  init(broadcast: BroadcastRule)

  /// The rule that the attributes of a version ask for.
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
  /// Before opset 8, nothing is broadcast.
  static func broadcastRule(_ attributes: inout AttributeReader) -> BroadcastRule {
    attributes.version < 8 ? .equalShapes : .multidirectional
  }
}

extension AttributeReader {
  /// Ignores the hint `consumed_inputs` where the operator had it: opset 6 defined those anew that had, without it.
  fileprivate mutating func ignoreConsumedInputs(of operatorType: any Operator.Type) {
    if operatorType.versions.contains(6) { ignoreConsumedInputs() }
  }
}
