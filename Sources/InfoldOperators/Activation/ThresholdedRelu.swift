import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ThresholdedRelu, opsets 10, 22: x where x > alpha, else 0; 0 for NaN.
package struct ThresholdedRelu: UnaryOperator {
  package static let name = "ThresholdedRelu"
  package static let versions = [10, 22]
  package static let family = OperatorFamily.activation

  /// The threshold.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x > Element(alpha) ? x : 0
  }
}
