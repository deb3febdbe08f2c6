extension Graph {
  /// Infers the type of every value and merges it with what the model declares.
  ///
  /// Nodes behind an opaque one, or behind a value of unknown type, keep what is declared.
  /// - Precondition: The nodes are in topological order.
  /// - Throws: `InfoldError` that names the node: the operator's own error, or `.invalidModel` where what is inferred
  ///   contradicts what is declared.
  public mutating func inferTypes() throws(InfoldError) {
    var inference = Inference(self)
    try inference.run()
    self = inference.graph
  }
}
