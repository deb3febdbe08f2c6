import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX HardSwish, opsets 14, 22: x · (x ÷ 6 + ½ bounded to 0 … 1).
package struct HardSwish: UnaryOperator {
  package static let name = "HardSwish"
  package static let versions = [14, 22]
  package static let family = OperatorFamily.activation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .hardSwish }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    let gate = x / 6 + 0.5
    return x * (gate < 0 ? 0 : gate > 1 ? 1 : gate)
  }
}
