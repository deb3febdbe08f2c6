extension Graph {
  /// Returns for each node whether a graph output depends on it.
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

  /// Returns for each node the values that it uses last and whose memory is free once it has run.
  /// These include outputs of the node that nothing reads, but no graph outputs.
  /// - Parameter isRun: Whether each node runs; `nil` if all do.
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
