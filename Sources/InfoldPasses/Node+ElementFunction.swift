import InfoldGraph

extension Node {
  /// The function of its first input's elements that the node's output is; `nil` for other nodes.
  package func elementFunction(_ constants: GraphConstants) -> ElementFunction? {
    typed?.elementFunction(constants.graph.operatorInputs(of: self, constant: constants.tensor))
  }

  /// What a node bounds its input to, that only does so by constants; `nil` for other nodes.
  package func bounds(_ constants: GraphConstants) -> (lower: Float, upper: Float)? {
    guard case .clip(let lower, let upper)? = elementFunction(constants) else { return nil }
    return (lower, upper)
  }
}
