import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Sum, opsets 1, 6, 8, 13: the element-wise sum of all inputs.
package struct Sum: SummingOperator {
  package static let name = "Sum"
  package static let versions = [1, 6, 8, 13]
  package let broadcast: BroadcastRule

  package var elementCombination: ElementCombination? { ElementCombination(.sum, broadcast) }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try sum(of: inputs, in: Element.self)]
  }
}

extension Sum {
  package var quantizedForm: QuantizedForm? { .addition }
}

/// ONNX Mean, opsets 1, 6, 8, 13: the element-wise mean of all inputs.
package struct Mean: SummingOperator {
  package static let name = "Mean"
  package static let versions = [1, 6, 8, 13]
  package let broadcast: BroadcastRule

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try sum(of: inputs, in: Element.self).mapped { (x: Element) in x / Element(inputs.count) }]
  }

  /// Composes the mean from a sum and a division by the number of inputs.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    var network = Composition(inputs)
    guard inputs.types.count > 1 else {
      let only = try network.add(Identity.name, network.inputs)
      return network.graph(returning: [only])
    }
    let sum = try network.add(Sum.name, network.inputs)
    let mean = try network.add(Div.name, [sum, network.number(Double(inputs.types.count), like: sum)])
    return network.graph(returning: [mean])
  }
}

/// An operator that sums all inputs in floating point.
protocol SummingOperator: VariadicOperator, StandardFloatingPointOperator, BroadcastingOperator {}

extension SummingOperator {
  package static var elementTypes: ElementTypeSet { .floatingPoint }

  package static func elementTypes(since version: Int) -> ElementTypeSet { elementTypes }

  package static var widening: Widening { .sameFunction }

  fileprivate func sum<Element: FloatingPointElement>(
    of inputs: [Tensor?], in _: Element.Type
  ) throws(InfoldError) -> Tensor {
    try combined(inputs) { (a, b) throws(InfoldError) in
      try .broadcasting(a, b) { (a: Element, b: Element) in a + b }
    }
  }
}
