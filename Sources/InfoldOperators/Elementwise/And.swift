import InfoldGraph
import InfoldSystem

/// ONNX And, opsets 1, 7: whether both are true, element by element.
package struct And: LogicalOperator {
  package static let name = "And"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply(_ a: Bool, _ b: Bool) -> Bool {
    a && b
  }
}
