import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LeakyRelu, opsets 1, 6, 16: x where x ≥ 0, else alpha · x.
package struct LeakyRelu: UnaryOperator {
  package static let name = "LeakyRelu"
  package static let versions = [1, 6, 16]
  package static let family = OperatorFamily.activation

  /// The slope below zero.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.01
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .leakyRelu(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x < 0 ? Element(alpha) * x : x
  }
}
