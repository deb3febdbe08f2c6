import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Ceil, opsets 1, 6, 13: the smallest integer not below x.
package struct Ceil: UnaryOperator, AttributelessOperator {
  package static let name = "Ceil"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .ceiling }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x.rounded(.up) }
}

/// ONNX Floor, opsets 1, 6, 13: the largest integer not above x.
package struct Floor: UnaryOperator, AttributelessOperator {
  package static let name = "Floor"
  package static let versions = [1, 6, 13]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .floor }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x.rounded(.down) }
}

/// ONNX Round, opsets 11, 22: the nearest integer, with ties to even.
package struct Round: UnaryOperator, AttributelessOperator {
  package static let name = "Round"
  package static let versions = [11, 22]

  package func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .roundToEven }

  package func apply<Element: FloatingPointElement>(_ x: Element) -> Element {
    x.rounded(.toNearestOrEven)
  }
}
