import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Swish, opset 24: x · sigmoid(alpha · x).
package struct Swish: UnaryOperator {
  package static let name = "Swish"
  package static let versions = [24]
  package static let family = OperatorFamily.activation

  /// The factor of x inside the sigmoid.
  package let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .swish(alpha: alpha) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x / (1 + .exp(Element(-alpha) * x))
  }
}
