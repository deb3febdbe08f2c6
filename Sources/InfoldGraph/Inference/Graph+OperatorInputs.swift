import InfoldTensor

extension Graph {
  /// Returns what is known about the inputs of a node.
  package func operatorInputs(of node: Node) -> OperatorInputs {
    OperatorInputs(
      types: node.inputs.map { $0.flatMap { self[$0].type } }, constants: node.inputs.map { $0.flatMap(constant) },
      outputCount: node.outputs.count)
  }

  /// Returns how the axes of a node's inputs map to those of its outputs. Returns `.unknown` if the
  /// node is not an operator or if the type of an input is unknown.
  package func axisMapping(of node: Node) -> AxisMapping {
    guard let typed = node.typed, node.inputs.allSatisfy({ $0.map { self[$0].type != nil } ?? true }) else {
      return .unknown
    }
    return typed.axisMapping(operatorInputs(of: node), outputs: node.outputs.map { $0.flatMap { self[$0].type } })
  }

  /// Returns the element-wise function that a node applies to its first input, or `nil` if it does
  /// something else.
  package func elementFunction(of node: Node) -> ElementFunction? {
    node.typed?.elementFunction(operatorInputs(of: node))
  }

  /// Returns the bounds of a node that only clips its input to constants, or `nil` for other nodes.
  package func bounds(of node: Node) -> (lower: Float, upper: Float)? {
    guard case .clip(let lower, let upper)? = elementFunction(of: node) else { return nil }
    return (lower, upper)
  }
}
