import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Erf, opsets 9, 13: the error function, 2 ÷ √π · ∫ exp(−t²) dt from 0 to x. Integers, which opset 9 allows, are not
/// supported.
package struct Erf: UnaryOperator {
  package static let name = "Erf"
  package static let versions = [9, 13]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .errorFunction }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .erf(x)
  }
}
