import InfoldSystem

extension Graph {
  /// Returns the value with this name, or `nil` if there is none.
  public func value(named name: String) -> ValueID? {
    name.isEmpty ? nil : valueIDs.first { self[$0].name == name }
  }

  /// Returns the first node with this name, or `nil` if there is none.
  public func node(named name: String) -> NodeID? {
    name.isEmpty ? nil : nodeIDs.first { self[$0].name == name }
  }

  /// Replaces `value` by `replacement` in the inputs of all nodes and in the graph's outputs. An
  /// output takes the name of `replacement`.
  ///
  /// Afterwards call `sort()`, which moves the producer of `replacement` before its consumers, and
  /// `inferTypes()`, which updates the types.
  /// - Throws: `InfoldError.Code.unsupported`, with the node, if a body captures `value` by its
  ///   name.
  public mutating func replaceUses(of value: ValueID, with replacement: ValueID) throws(InfoldError) {
    if let node = nodes.first(where: { $0.captures.contains(value) }) {
      throw InfoldError(
        .unsupported, "cannot replace the value \(String(quoting: self[value].name)): a body captures it by its name",
        hint: "give its name to the replacement instead", node: label(of: node))
    }
    for id in nodeIDs where self[id].inputs.contains(value) {
      self[id].inputs = self[id].inputs.map { $0 == value ? replacement : $0 }
    }
    outputs = outputs.map { $0 == value ? replacement : $0 }
  }

  /// Removes the nodes for which `isRemoved` returns `true`. This invalidates all `NodeID`s. Values
  /// stay in the graph; the caller must redefine those that lost their producer.
  public mutating func removeNodes(where isRemoved: (Node) -> Bool) {
    replaceNodes(nodes.filter { !isRemoved($0) })
  }
}
