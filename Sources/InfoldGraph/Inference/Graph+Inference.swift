extension Graph {
  /// Infers the type of every value and merges it with what the model declares.
  ///
  /// Nodes behind an opaque one, or behind a value of unknown type, keep what is declared.
  /// - Precondition: The nodes are in topological order.
  /// - Throws: `InfoldError` that names the node: the operator's own error, or `.invalidModel` where what is inferred
  ///   contradicts what is declared.
  public mutating func inferTypes() throws(InfoldError) {
    var known = values.indices.map { constant(ValueID(index: $0)) }
    for id in nodeIDs {
      let node = self[id]
      let label = label(of: node)
      try annotatingErrors({ $0.atNode(label) }) { () throws(InfoldError) in
        guard let inferred = try inferOutputs(of: node, known) else { return }
        for (output, type) in zip(node.outputs, inferred) {
          guard let output else { continue }
          self[output].type = try merged(type, with: self[output])
        }
        if node.inputs.isEmpty, node.typed != nil {
          for (output, tensor) in zip(node.outputs, try node.evaluate([])) {
            if let output { known[output.index] = tensor }
          }
        }
      }
    }
  }

  /// The types of the node's outputs; `nil` when they cannot be known.
  private func inferOutputs(of node: Node, _ known: [Tensor?]) throws(InfoldError) -> [TensorType]? {
    guard node.typed != nil else { return nil }
    var types: [TensorType?] = []
    for input in node.inputs {
      guard let input else {
        types.append(nil)
        continue
      }
      guard let type = self[input].type else { return nil }
      types.append(type)
    }
    return try node.inferOutputs(types: types, constants: node.inputs.map { $0.flatMap { known[$0.index] } })
  }

  private func merged(_ inferred: TensorType, with value: Value) throws(InfoldError) -> TensorType {
    guard let declared = value.type else { return inferred }
    let contradiction = InfoldError(
      .invalidModel,
      "the output \(String(quoting: value.name)) is \(inferred), and the model declares it as \(declared)")
    guard inferred.elementType == declared.elementType else { throw contradiction }
    guard let a = inferred.shape, let b = declared.shape else {
      return TensorType(inferred.elementType, inferred.shape ?? declared.shape)
    }
    guard let shape = a.merged(with: b) else { throw contradiction }
    return TensorType(inferred.elementType, shape)
  }
}
