import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Softplus, opsets 1, 22: ln(1 + exp(x)).
package struct Softplus: UnaryOperator {
  package static let name = "Softplus"
  package static let versions = [1, 22]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .softplus }

  /// max(x, 0) + ln(1 + exp(−|x|)), which is the same and does not overflow.
  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    (x < 0 ? 0 : x) + .log(onePlus: .exp(-x.magnitude))
  }
}
