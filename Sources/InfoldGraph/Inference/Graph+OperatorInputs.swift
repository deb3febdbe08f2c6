import InfoldTensor

extension Graph {
  /// What a node's operator is told of its inputs.
  package func operatorInputs(of node: Node) -> OperatorInputs {
    OperatorInputs(
      types: node.inputs.map { $0.flatMap { self[$0].type } }, constants: node.inputs.map { $0.flatMap(constant) },
      outputCount: node.outputs.count)
  }

  /// How the axes of a node's inputs go over into those of its outputs; nothing of a node that is no operator, or whose inputs have
  /// no types.
  package func axisMapping(of node: Node) -> AxisMapping {
    guard let typed = node.typed, node.inputs.allSatisfy({ $0.map { self[$0].type != nil } ?? true }) else {
      return .unknown
    }
    return typed.axisMapping(operatorInputs(of: node), outputs: node.outputs.map { $0.flatMap { self[$0].type } })
  }

  /// The function of its first input's elements that a node's output is; `nil` for other nodes.
  package func elementFunction(of node: Node) -> ElementFunction? {
    node.typed?.elementFunction(operatorInputs(of: node))
  }

  /// What a node bounds its input to, that only does so by constants; `nil` for other nodes.
  package func bounds(of node: Node) -> (lower: Float, upper: Float)? {
    guard case .clip(let lower, let upper)? = elementFunction(of: node) else { return nil }
    return (lower, upper)
  }
}
