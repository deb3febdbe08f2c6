import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What is folded where: decided once, on a graph as it is.
package struct FoldPlan: Sendable {
  /// A node around an operator that maps channels.
  package struct Part: Sendable {
    /// The node.
    package let node: NodeID
    /// The channels of the node's values that belong to the operator: all, or behind a Concat some.
    package let channels: Range<Int>
    /// Whether these are all channels.
    package let isWhole: Bool
    /// Whether nodes that rearrange numbers stand between the operator and this node, so that its values have other dimensions.
    package let isRearranged: Bool
    /// The map of these channels.
    package let affine: ChannelAffine
  }

  /// A linear operator with constant weights, and the maps around it that can be folded into it.
  package struct Operator: Sendable {
    /// The operator's node.
    package let node: NodeID
    /// What the node computes.
    package let linear: LinearOperator
    /// The maps before and behind it, in the order of the data.
    package private(set) var before: [Part] = []
    package private(set) var behind: [Part] = []
    /// The maps before and behind it, composed.
    package private(set) var input, output: ChannelAffine
    /// The value that the data enters by.
    package private(set) var data: ValueID
    /// The values that it makes with all of its channels: the node's own output, and those of the maps behind it.
    package private(set) var outputs: [ValueID]
    /// Whether it gets new weights.
    package internal(set) var isRewritten = false

    /// The node that the data enters first.
    package var entry: NodeID { before.first?.node ?? node }

    init(_ id: NodeID, _ node: Node, _ linear: LinearOperator) {
      self.node = id
      self.linear = linear
      input = ChannelAffine(identityOf: linear.inputChannels)
      output = ChannelAffine(identityOf: linear.outputChannels)
      data = node.inputs[0]!
      outputs = [node.outputs[0]!]
    }

    /// Takes in a map behind all others.
    mutating func append(_ part: Part, _ map: ChannelMap) {
      if part.isWhole, behind.allSatisfy(\.isWhole) { outputs += [map.input, map.output] }
      behind.append(part)
      output = output.followed(by: part.affine)
      isRewritten = true
    }

    /// Takes in a map before all others.
    mutating func prepend(_ part: Part, _ map: ChannelMap) {
      data = map.input
      before.insert(part, at: 0)
      input = part.affine.followed(by: input)
      isRewritten = true
    }
  }

  /// A node that is folded.
  struct Fold: Sendable {
    let node: NodeID
    let map: ChannelMap
    /// Whether it is folded into the operators before it; else into the one behind it.
    let isBackward: Bool
  }

  /// Every linear operator with constant weights, in topological order.
  package let operators: [Operator]
  /// The nodes that are folded, in topological order.
  let folds: [Fold]
  /// Why normalizations stay, in topological order.
  let refusals: [(node: NodeID, reason: String)]

  /// Decides for a graph, which knows afterwards the constants that nodes compute for weights and parameters.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Parameter acceptsLoss: Whether it also plans what would lose digits.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(_ graph: inout Graph, acceptsLoss: Bool = false) throws(InfoldError) {
    graph.learnComputedConstants()
    var search = FoldSearch(graph, acceptsLoss: acceptsLoss)
    try search.run()
    operators = search.operators.values.sorted { $0.node < $1.node }
    folds = search.folds.values.sorted { $0.node < $1.node }
    refusals = search.refusals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The operators with new weights, by their nodes.
  var rewritten: [NodeID: Operator] {
    Dictionary(operators.lazy.filter(\.isRewritten).map { ($0.node, $0) }) { first, _ in first }
  }
}

/// A graph with what can be folded in it, however much is folded already.
package struct FoldAnalysis: Sendable {
  /// The graph, which knows the constants that its nodes compute for weights and parameters.
  package let graph: Graph
  /// Its linear operators.
  package let operators: [FoldPlan.Operator]

  /// Analyzes `graph`.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Parameter acceptsLoss: Whether maps count as well of which folding would lose digits: another tool may have folded them.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(_ graph: Graph, acceptsLoss: Bool = false) throws(InfoldError) {
    var graph = graph
    operators = try FoldPlan(&graph, acceptsLoss: acceptsLoss).operators
    self.graph = graph
  }

  /// The weight and bias of an operator with the maps around it, in double precision.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package func weights(of entry: FoldPlan.Operator) throws(InfoldError) -> FoldedWeights {
    let node = graph[entry.node]
    return try FoldedWeights(
      entry.linear, weight: graph.constant(node.inputs[1]!)!, bias: entry.linear.bias(of: node, in: graph),
      input: entry.input, output: entry.output)
  }
}
