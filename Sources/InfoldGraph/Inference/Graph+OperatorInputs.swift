import InfoldTensor

extension Graph {
  /// What a node's operator is told of its inputs.
  /// - Parameter constant: The tensors of values that are the same in every run.
  package func operatorInputs(of node: Node, constant: (ValueID) -> Tensor?) -> OperatorInputs {
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
    return typed.axisMapping(
      operatorInputs(of: node, constant: constant), outputs: node.outputs.map { $0.flatMap { self[$0].type } })
  }
}
