import InfoldSystem

extension Graph {
  /// Sorts the nodes topologically and checks that every value is defined exactly once. A graph
  /// that is sorted already keeps its order.
  /// - Throws: `InfoldError.Code.invalidModel`, with the node, for a value that is defined twice, a
  ///   value that is read but never defined, or a cycle.
  public mutating func sort() throws(InfoldError) {
    let producers = try checkedProducers()
    var waitsFor = [Int](repeating: 0, count: nodes.count)
    var releases = [[Int]](repeating: [], count: nodes.count)
    var isOrdered = true
    for (index, node) in nodes.enumerated() {
      for producer in Set(node.uses.compactMap { producers[$0.index]?.index }) {
        waitsFor[index] += 1
        releases[producer].append(index)
        isOrdered = isOrdered && producer < index
      }
    }
    if isOrdered { return }

    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    var ready = MinimumHeap(nodes.indices.filter { waitsFor[$0] == 0 })
    while let next = ready.popMinimum() {
      order.append(next)
      for released in releases[next] {
        waitsFor[released] -= 1
        if waitsFor[released] == 0 { ready.insert(released) }
      }
    }
    guard order.count == nodes.count else {
      throw InfoldError(
        .invalidModel, "the graph has a cycle: an input of the node depends on its own output",
        node: label(of: nodes[nodeOnCycle(waitsFor, producers)]))
    }
    replaceNodes(order.map { nodes[$0] })
  }

  private func checkedProducers() throws(InfoldError) -> [NodeID?] {
    var producers = [NodeID?](repeating: nil, count: values.count)
    var isGiven = values.map { $0.initializer != nil }
    for id in inputs + captures { isGiven[id.index] = true }
    for id in nodeIDs {
      for output in self[id].definitions {
        guard producers[output.index] == nil, !isGiven[output.index] else {
          throw InfoldError(
            .invalidModel, "duplicate value name: \(String(quoting: self[output].name)) is defined twice",
            node: label(of: self[id]))
        }
        producers[output.index] = id
      }
    }
    for node in nodes {
      for use in node.uses where producers[use.index] == nil && !isGiven[use.index] {
        throw InfoldError(
          .invalidModel, "undefined value: no node, input or initializer defines \(String(quoting: self[use].name))",
          node: label(of: node))
      }
    }
    for output in outputs where producers[output.index] == nil && !isGiven[output.index] {
      throw InfoldError(
        .invalidModel, "undefined value: nothing defines the graph output \(String(quoting: self[output].name))")
    }
    return producers
  }

  /// Returns a node on a cycle: follows unfinished producers from an unfinished node until one
  /// repeats.
  private func nodeOnCycle(_ waitsFor: [Int], _ producers: [NodeID?]) -> Int {
    var seen: Set<Int> = []
    var node = waitsFor.firstIndex { $0 > 0 }!
    while seen.insert(node).inserted {
      node = nodes[node].uses.lazy.compactMap { producers[$0.index]?.index }.first { waitsFor[$0] > 0 }!
    }
    return node
  }
}
