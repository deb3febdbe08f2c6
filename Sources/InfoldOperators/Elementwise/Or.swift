import InfoldGraph
import InfoldSystem

/// ONNX Or, opsets 1, 7: whether one or both are true, element by element.
package struct Or: LogicalOperator {
  package static let name = "Or"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply(_ a: Bool, _ b: Bool) -> Bool {
    a || b
  }
}
