import Synchronization

/// Which nodes make and read the values of a graph.
package struct GraphIndex: Sendable {
  /// The node that makes each value; `nil` for inputs, initializers and captures.
  let producers: [NodeID?]
  /// The nodes that read each value, each node once, in order.
  let consumers: [[NodeID]]
  private let useCounts: [Int]
  private let outputs: Set<ValueID>
  private let captures: Set<ValueID>

  init(_ graph: Graph) {
    var producers = [NodeID?](repeating: nil, count: graph.values.count)
    var consumers = [[NodeID]](repeating: [], count: graph.values.count)
    var useCounts = [Int](repeating: 0, count: graph.values.count)
    for id in graph.nodeIDs {
      for output in graph[id].definitions { producers[output.index] = id }
      for use in graph[id].uses {
        useCounts[use.index] += 1
        if consumers[use.index].last != id { consumers[use.index].append(id) }
      }
    }
    for output in graph.outputs { useCounts[output.index] += 1 }
    (self.producers, self.consumers, self.useCounts) = (producers, consumers, useCounts)
    outputs = Set(graph.outputs)
    captures = Set(graph.nodes.lazy.flatMap(\.captures))
  }

  /// The node that makes a value; `nil` for inputs, initializers and captures.
  package func producer(of value: ValueID) -> NodeID? { producers[value.index] }

  /// The nodes that read a value, each once, in order. Graph outputs do not count.
  package func consumers(of value: ValueID) -> [NodeID] { consumers[value.index] }

  /// The node that alone reads a value which the graph does not return.
  package func onlyConsumer(of value: ValueID) -> NodeID? {
    let readers = consumers[value.index]
    return readers.count == 1 && !outputs.contains(value) ? readers[0] : nil
  }

  /// How often nodes read a value; being an output of the graph counts.
  package func useCount(of value: ValueID) -> Int { useCounts[value.index] }

  /// Whether the graph returns a value.
  package func isOutput(_ value: ValueID) -> Bool { outputs.contains(value) }

  /// Whether a body of a node takes a value by its name.
  package func isCaptured(_ value: ValueID) -> Bool { captures.contains(value) }
}

/// The index of a graph, and of the copies of it that are the same.
final class CachedIndex: Sendable {
  private let known = Mutex<GraphIndex?>(nil)

  func index(of graph: Graph) -> GraphIndex {
    known.withLock { known in
      let index = known ?? GraphIndex(graph)
      known = index
      return index
    }
  }

  func forget() { known.withLock { $0 = nil } }
}
