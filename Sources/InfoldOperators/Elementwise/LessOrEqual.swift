import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LessOrEqual, opsets 12, 16: whether A ≤ B, element by element. Nothing holds of NaN.
package struct LessOrEqual: ComparisonOperator {
  package static let name = "LessOrEqual"
  package static let versions = [12, 16]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    a <= b
  }
}
