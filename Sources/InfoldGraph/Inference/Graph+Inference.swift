import InfoldSystem

extension Graph {
  /// Infers the type of every value. What is known already is merged with it; where both contradict each other, the operators count, or,
  /// where declared shapes bind, it is an error.
  ///
  /// Nodes behind an opaque one, or behind a value of unknown type, keep what is declared.
  /// - Precondition: The nodes are in topological order.
  /// - Returns: What is declared, and not true.
  /// - Throws: `InfoldError` that names the node: the operator's own error, or `.invalidModel` where what is inferred
  ///   contradicts what is declared: another element type, or another shape where declared shapes bind.
  @discardableResult
  public mutating func inferTypes() throws(InfoldError) -> [ModelWarning] {
    var inference = Inference(self)
    try inference.run()
    self = inference.graph
    return inference.warnings
  }
}
