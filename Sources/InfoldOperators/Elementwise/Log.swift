import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Log, opsets 1, 6, 13: the natural logarithm of x; −∞ at zero, NaN below.
package struct Log: UnaryOperator {
  package static let name = "Log"
  package static let versions = [1, 6, 13]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    attributes.ignoreConsumedInputs()
  }

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .logarithm }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    .log(x)
  }
}
