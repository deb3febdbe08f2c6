import InfoldSystem

extension Graph {
  /// Brings the nodes into topological order, keeping the present order wherever it is one already, and checks that
  /// every value has exactly one definition.
  /// - Throws: `InfoldError` with `.invalidModel`, naming the node, for a value that is defined twice, read and never
  ///   defined, or part of a cycle.
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
        .invalidModel, "the node is part of a cycle: its input depends on its own output",
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
            .invalidModel, "the value \(String(quoting: self[output].name)) is defined a second time",
            node: label(of: self[id]))
        }
        producers[output.index] = id
      }
    }
    for node in nodes {
      for use in node.uses where producers[use.index] == nil && !isGiven[use.index] {
        throw InfoldError(
          .invalidModel, "the input \(String(quoting: self[use].name)) is defined nowhere", node: label(of: node))
      }
    }
    for output in outputs where producers[output.index] == nil && !isGiven[output.index] {
      throw InfoldError(.invalidModel, "the graph's output \(String(quoting: self[output].name)) is defined nowhere")
    }
    return producers
  }

  /// A node on a cycle, found by going from a waiting node to what it waits for until a node comes up again.
  private func nodeOnCycle(_ waitsFor: [Int], _ producers: [NodeID?]) -> Int {
    var seen: Set<Int> = []
    var node = waitsFor.firstIndex { $0 > 0 }!
    while seen.insert(node).inserted {
      node = nodes[node].uses.lazy.compactMap { producers[$0.index]?.index }.first { waitsFor[$0] > 0 }!
    }
    return node
  }
}
