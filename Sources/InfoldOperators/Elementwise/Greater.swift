import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Greater, opsets 1, 7, 9, 13: whether A > B, element by element. Nothing holds of NaN.
package struct Greater: ComparisonOperator {
  package static let name = "Greater"
  package static let versions = [1, 7, 9, 13]
  package let broadcast: BroadcastRule

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    broadcast = try BroadcastRule(&attributes)
  }

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool {
    a > b
  }
}
