import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Round, opsets 11, 22: the nearest integer, the even one of two that are equally near.
package struct Round: UnaryOperator {
  package static let name = "Round"
  package static let versions = [11, 22]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .roundToEven }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.toNearestOrEven)
  }
}
