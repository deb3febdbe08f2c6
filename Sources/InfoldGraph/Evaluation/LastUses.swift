extension Graph {
  /// For each node, the values that no later node reads and that are no outputs of the graph: what may be let go once
  /// the node has run. A node's own outputs that nobody reads are among them.
  package func lastUses() -> [[ValueID]] {
    var isSeen = [Bool](repeating: false, count: values.count)
    for output in outputs { isSeen[output.index] = true }
    var ending = [[ValueID]](repeating: [], count: nodes.count)
    for id in nodeIDs.reversed() {
      for value in Array(self[id].uses) + Array(self[id].definitions) where !isSeen[value.index] {
        isSeen[value.index] = true
        ending[id.index].append(value)
      }
    }
    return ending
  }
}
