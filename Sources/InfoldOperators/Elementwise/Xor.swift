import InfoldGraph
import InfoldSystem

/// ONNX Xor, opsets 1, 7: whether one is true, and not both, element by element.
package struct Xor: LogicalOperator {
  package static let name = "Xor"
  package static let versions = [1, 7]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply(_ a: Bool, _ b: Bool) -> Bool {
    a != b
  }
}
