import InfoldGraph
import InfoldKernelInterface
import InfoldPasses

/// A node together with the following nodes that its kernel computes while the results are in
/// registers: an activation and the addition of another value.
package struct FusedNode {
  /// The first node, which determines the kernel.
  var node: Node
  /// The name in errors and profiles.
  var label: String
  /// The value that is added, with the output's shape; `nil` for none.
  package var residual: ValueID?
  /// The activation, applied after the addition, or before it if `activatesFirst` is true.
  var activation = Activation.identity
  /// Whether the activation comes before the addition.
  package var activatesFirst = false
  /// The output of the last node; `nil` if the node omits its first output.
  package var output: ValueID?
  /// The fused nodes, in order.
  package var nodes: [NodeID]
}

/// The epilogues that a kernel supports.
package struct EpilogueCapability: OptionSet {
  package let rawValue: Int
  package static let activation = EpilogueCapability(rawValue: 1)
  package static let residual = EpilogueCapability(rawValue: 2)

  package init(rawValue: Int) { self.rawValue = rawValue }
}

/// Groups the nodes of a graph that run as one.
package struct EpilogueFusion {
  /// The fused nodes, in an order in which they can run.
  package let nodes: [FusedNode]

  /// - Parameter capability: Returns the epilogues that the kernel of a node supports; empty for a
  ///   node without a kernel.
  package init(_ graph: Graph, capability: (Node) -> EpilogueCapability) {
    let index = graph.index
    var owner: [NodeID: Int] = [:]
    var groups: [FusedNode] = []

    /// Returns the group that computes `value`, if the value has no other consumer and the kernel
    /// supports the wanted epilogue.
    func openGroup(_ value: ValueID, _ wanted: EpilogueCapability) -> Int? {
      guard index.onlyConsumer(of: value) != nil, let producer = index.producer(of: value), let group = owner[producer],
        groups[group].output == value, capability(groups[group].node).contains(wanted)
      else { return nil }
      return group
    }

    func absorb(_ id: NodeID, into group: Int) {
      groups[group].output = graph[id].outputs[0]
      groups[group].nodes.append(id)
      owner[id] = group
    }

    for id in graph.nodeIDs {
      let node = graph[id]
      if let input = node.inputs.first ?? nil,
        let activation = graph.elementFunction(of: node).flatMap(Activation.init(of:)),
        let group = openGroup(input, .activation), groups[group].activation == .identity
      {
        groups[group].activation = activation
        groups[group].activatesFirst = groups[group].residual == nil
        absorb(id, into: group)
        continue
      }
      if let (a, b) = node.addends, a != b, let shape = graph[a].type?.shape?.sizes,
        shape == graph[b].type?.shape?.sizes
      {
        let candidates = [(a, b), (b, a)].compactMap { value, other in
          openGroup(value, .residual).map { (group: $0, residual: other) }
        }
        .filter { groups[$0.group].residual == nil }
        if let chosen = candidates.max(by: { groups[$0.group].nodes[0] < groups[$1.group].nodes[0] }) {
          groups[chosen.group].residual = chosen.residual
          absorb(id, into: chosen.group)
          continue
        }
      }
      owner[id] = groups.count
      groups.append(FusedNode(node: node, label: graph.label(of: node), output: node.outputs.first ?? nil, nodes: [id]))
    }
    // A group runs at the position of its last node, where all of its operands are available.
    nodes = groups.sorted { $0.nodes.last! < $1.nodes.last! }
  }
}

extension Node {
  /// The two values that the node adds element by element.
  fileprivate var addends: (ValueID, ValueID)? {
    guard typed?.elementCombination?.function == .sum, inputs.count == 2, let a = inputs[0], let b = inputs[1] else {
      return nil
    }
    return (a, b)
  }
}
