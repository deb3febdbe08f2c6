import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GreaterOrEqual, opsets 12, 16: whether A ≥ B, element by element. Nothing holds of NaN.
package struct GreaterOrEqual: ComparisonOperator {
  package static let name = "GreaterOrEqual"
  package static let versions = [12, 16]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    a >= b
  }
}
