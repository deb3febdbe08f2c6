import Synchronization

/// The producers and consumers of the values of a graph.
package struct GraphIndex: Sendable {
  /// The producer of each value, `nil` for inputs, initializers and captures.
  let producers: [NodeID?]
  /// The consumers of each value, without duplicates, in graph order.
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

  /// Returns the producer of a value, or `nil` for inputs, initializers and captures.
  package func producer(of value: ValueID) -> NodeID? { producers[value.index] }

  /// Returns the consumers of a value, without duplicates, in graph order. Graph outputs do not
  /// count.
  package func consumers(of value: ValueID) -> [NodeID] { consumers[value.index] }

  /// Returns the only consumer of a value, or `nil` if there are several or the value is a graph
  /// output.
  package func onlyConsumer(of value: ValueID) -> NodeID? {
    let readers = consumers[value.index]
    return readers.count == 1 && !outputs.contains(value) ? readers[0] : nil
  }

  /// Returns how often nodes read a value. Being a graph output counts as one use.
  package func useCount(of value: ValueID) -> Int { useCounts[value.index] }

  /// Returns whether a value is a graph output.
  package func isOutput(_ value: ValueID) -> Bool { outputs.contains(value) }

  /// Returns whether a body of a node captures the value.
  package func isCaptured(_ value: ValueID) -> Bool { captures.contains(value) }
}

/// A lazily computed index, shared by a graph and its unmodified copies.
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
