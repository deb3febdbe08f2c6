extension Graph {
  /// Whether each node makes something that an output of the graph depends on.
  package func neededNodes() -> [Bool] {
    var isRead = [Bool](repeating: false, count: values.count)
    for output in outputs { isRead[output.index] = true }
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for id in nodeIDs.reversed() where self[id].definitions.contains(where: { isRead[$0.index] }) {
      isNeeded[id.index] = true
      for use in self[id].uses { isRead[use.index] = true }
    }
    return isNeeded
  }

  /// For each node, the values that no later node reads and that are no outputs of the graph: what may be let go once
  /// the node has run. A node's own outputs that nobody reads are among them.
  /// - Parameter isRun: Whether each node runs; `nil` where all do.
  package func lastUses(of isRun: [Bool]? = nil) -> [[ValueID]] {
    var isSeen = [Bool](repeating: false, count: values.count)
    for output in outputs { isSeen[output.index] = true }
    var ending = [[ValueID]](repeating: [], count: nodes.count)
    for id in nodeIDs.reversed() where isRun?[id.index] ?? true {
      for value in Array(self[id].uses) + Array(self[id].definitions) where !isSeen[value.index] {
        isSeen[value.index] = true
        ending[id.index].append(value)
      }
    }
    return ending
  }
}
