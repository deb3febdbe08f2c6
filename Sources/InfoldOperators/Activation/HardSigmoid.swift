import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX HardSigmoid, opsets 1, 6, 22: alpha · x + beta, bounded to 0 … 1.
package struct HardSigmoid: UnaryOperator {
  package static let name = "HardSigmoid"
  package static let versions = [1, 6, 22]
  package static let family = OperatorFamily.activation

  /// The slope.
  package let alpha: Float
  /// The result at zero.
  package let beta: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
    alpha = try attributes.float("alpha") ?? 0.2
    beta = try attributes.float("beta") ?? 0.5
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .hardSigmoid(alpha: alpha, beta: beta) }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let y = Element(alpha) * x + Element(beta)
    return y < 0 ? 0 : y > 1 ? 1 : y
  }
}
