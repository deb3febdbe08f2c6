import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Every linear operator of a graph with constant weights, and the maps per channel around it that can be folded into it:
/// what the operator amounts to, however much of it is folded already.
package struct FoldAnalysis: Sendable {
  /// A node around an operator that maps channels.
  package struct Part: Sendable {
    /// The node.
    package let node: NodeID
    /// The channels of the node's values that belong to the operator: all, or behind a Concat some.
    package let channels: Range<Int>
    /// Whether these are all channels.
    package let isWhole: Bool
    /// The axis of the channels.
    package let axis: Int
    /// The map of these channels.
    package let affine: ChannelAffine
  }

  /// A linear operator with the maps around it.
  package struct Operator: Sendable {
    /// The operator's node.
    package let node: NodeID
    /// What the node computes.
    package let linear: LinearOperator
    /// The value that the data enters by.
    package let data: ValueID
    /// The maps before and behind it, in the order of the data.
    package let before, behind: [Part]
    /// The maps before and behind it, composed.
    package let input, output: ChannelAffine
    /// The values that it makes with all of its channels: the node's own output, and those of the maps behind it.
    package let outputs: [ValueID]

    /// The node that the data enters first.
    package var entry: NodeID { before.first?.node ?? node }
  }

  /// The graph, in which the constants that it computes are known.
  package let graph: Graph
  /// The operators, in topological order.
  package let operators: [Operator]

  /// Analyzes `graph`.
  /// - Precondition: The types of the graph's values have been inferred.
  package init(_ graph: Graph) throws(InfoldError) {
    var search = FoldSearch(graph)
    try search.foldBackward()
    try search.foldForward()
    let graph = search.graph
    self.graph = graph
    let operators = try graph.nodeIDs.map { id throws(InfoldError) -> Operator? in
      guard graph[id].typed?.linearForm != nil, let plan = try search.planIfFoldable(for: id) else { return nil }
      let behind = plan.behind.map { Part($0, search.absorbedBackward[$0.node]!) }
      let whole = behind.prefix { $0.isWhole }
      let data = plan.before.first.map { search.absorbedForward[$0.node]!.input } ?? graph[id].inputs[0]!
      return Operator(
        node: id, linear: plan.linear, data: data,
        before: plan.before.map { Part($0, search.absorbedForward[$0.node]!) },
        behind: behind, input: plan.input, output: plan.output,
        outputs: [graph[id].outputs[0]!]
          + whole.flatMap { [graph[$0.node].inputs[0], graph[$0.node].outputs[0]!] }
          .compactMap { $0 })
    }
    self.operators = operators.compactMap { $0 }
  }

  /// The weight and bias of the operator with the maps around it, in double precision.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package func weights(of entry: Operator) throws(InfoldError) -> FoldedWeights {
    let node = graph[entry.node]
    let bias = node.inputs.count > 2 ? node.inputs[2].flatMap(graph.constant) : nil
    return try FoldedWeights(
      entry.linear, weight: graph.constant(node.inputs[1]!)!,
      bias: bias.flatMap { bias throws(InfoldError) in try entry.linear.biasPerChannel(bias) },
      input: entry.input, output: entry.output)
  }
}

extension FoldAnalysis.Part {
  fileprivate init(_ part: FoldSearch.Part, _ map: ChannelMap) {
    node = part.node
    channels = part.channels
    isWhole = part.channels.count == map.affine.channels
    axis = map.axis
    affine = map.affine.slice(part.channels)
  }
}
