import InfoldSystem

extension Graph {
  /// The value with this name, if there is one.
  public func value(named name: String) -> ValueID? {
    name.isEmpty ? nil : valueIDs.first { self[$0].name == name }
  }

  /// The first node with this name, if there is one.
  public func node(named name: String) -> NodeID? {
    name.isEmpty ? nil : nodeIDs.first { self[$0].name == name }
  }

  /// Has all nodes read `replacement` where they read `value`, and the graph return it where it returned `value`: under the
  /// name of `replacement`.
  ///
  /// Afterwards `sort()` brings a node that makes `replacement` before those that read it, and `inferTypes()` finds the types anew.
  /// - Throws: `InfoldError` with `.unsupported`, naming the node, when a subgraph uses `value` by its name.
  public mutating func replaceUses(of value: ValueID, with replacement: ValueID) throws(InfoldError) {
    if let node = nodes.first(where: { $0.captures.contains(value) }) {
      throw InfoldError(
        .unsupported, "a subgraph uses \(String(quoting: self[value].name)) by its name, and goes on to do so",
        hint: "give the name to the other value", node: label(of: node))
    }
    for id in nodeIDs where self[id].inputs.contains(value) {
      self[id].inputs = self[id].inputs.map { $0 == value ? replacement : $0 }
    }
    outputs = outputs.map { $0 == value ? replacement : $0 }
  }

  /// Removes the nodes that `isRemoved` chooses. The ids of all nodes are void; values stay, and what they were made by is
  /// for the caller to put right.
  public mutating func removeNodes(where isRemoved: (Node) -> Bool) {
    replaceNodes(nodes.filter { !isRemoved($0) })
  }
}
