import InfoldSystem

extension Graph {
  /// Infers the type of every value and merges it with what is already known. If the two contradict
  /// each other, the inferred type is used; where declared shapes are binding, this is an error.
  ///
  /// Nodes after an opaque node, or after a value of unknown type, keep their declared types.
  /// - Precondition: The nodes are in topological order.
  /// - Returns: A warning for each wrong declaration.
  /// - Throws: `InfoldError` with the node: the operator's own error, or
  ///   `InfoldError.Code.invalidModel` if an inferred type contradicts a declaration in its element
  ///   type, or in its shape where declared shapes are binding.
  @discardableResult
  public mutating func inferTypes() throws(InfoldError) -> [ModelWarning] {
    var inference = Inference(self)
    try inference.run()
    self = inference.graph
    return inference.warnings
  }
}
