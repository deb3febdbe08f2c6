import InfoldTensor

extension Graph {
  /// Makes a value a constant, which somebody else must not make any more.
  package mutating func setConstant(_ id: ValueID, _ tensor: Tensor) {
    self[id].initializer = Initializer(tensor)
    self[id].type = TensorType(tensor.elementType, Shape(tensor.shape))
  }

  /// Has `constant(_:)` answer for what Constant nodes hold, and for constants that nodes hand on. The nodes stay.
  package mutating func learnConstants() {
    for node in nodes { learnConstant(of: node) }
  }

  /// The same for one node.
  /// - Returns: Whether it makes such a constant.
  @discardableResult
  package mutating func learnConstant(of node: Node) -> Bool {
    guard let output = node.outputs.first ?? nil,
      let tensor = node.typed?.constantOutput ?? handedOnInput(of: node).flatMap(constant)
    else { return false }
    self[output].known = tensor
    return true
  }

  /// Makes initializers of what is known. Nodes that make the same values must be gone.
  package mutating func settleLearnedConstants() {
    for id in valueIDs {
      guard let tensor = self[id].known else { continue }
      self[id].known = nil
      setConstant(id, tensor)
    }
  }

  /// Forgets what is known of values that are no initializers.
  package mutating func forgetLearnedConstants() {
    for id in valueIDs where self[id].known != nil { self[id].known = nil }
  }

  /// The input that a node hands on unchanged as its only output; `nil` for other nodes.
  package func handedOnInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, node.outputs.dropFirst().allSatisfy({ $0 == nil }),
      typed.handsOnInput({ $0 >= node.inputs.count || node.inputs[$0].map { constant($0) != nil } ?? true })
    else { return nil }
    return node.inputs[0]
  }
}
