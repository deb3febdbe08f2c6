import InfoldTensor

extension Graph {
  /// Turns a value into a constant. No node may define it afterwards.
  package mutating func setConstant(_ id: ValueID, _ tensor: Tensor) {
    self[id].initializer = Initializer(tensor)
    self[id].type = TensorType(tensor.elementType, Shape(tensor.shape))
  }

  /// Records the tensors of Constant nodes and of nodes that forward a constant, so that
  /// `constant(_:)` returns them. The nodes stay in the graph.
  package mutating func recordConstants() {
    for node in nodes { recordConstant(of: node) }
  }

  /// Records the constant output of one node.
  /// - Returns: Whether the node has a constant output.
  @discardableResult
  package mutating func recordConstant(of node: Node) -> Bool {
    guard let output = node.outputs.first ?? nil,
      let tensor = node.typed?.constantOutput ?? forwardedInput(of: node).flatMap(constant)
    else { return false }
    self[output].known = tensor
    return true
  }

  /// Turns recorded constants into initializers. The nodes that define them must have been removed.
  package mutating func materializeRecordedConstants() {
    for id in valueIDs {
      guard let tensor = self[id].known else { continue }
      self[id].known = nil
      setConstant(id, tensor)
    }
  }

  /// Discards recorded constants. Initializers stay.
  package mutating func discardRecordedConstants() {
    for id in valueIDs where self[id].known != nil { self[id].known = nil }
  }

  /// Returns the input that the node forwards unchanged as its only output, or `nil` if it forwards
  /// none.
  package func forwardedInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, node.outputs.dropFirst().allSatisfy({ $0 == nil }),
      typed.forwardsInput({ $0 >= node.inputs.count || node.inputs[$0].map { constant($0) != nil } ?? true })
    else { return nil }
    return node.inputs[0]
  }
}
