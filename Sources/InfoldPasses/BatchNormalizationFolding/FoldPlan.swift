import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The decision what is folded where, made once for an unmodified graph.
package struct FoldPlan: Sendable {
  /// A channel map that is folded into an operator.
  package struct Part: Sendable {
    /// The node.
    package let node: NodeID
    /// The channels of the node's values that belong to the operator: all of them, or some after a
    /// Concat.
    package let channels: Range<Int>
    /// Whether the operator's channels are all channels of the node.
    package let isWhole: Bool
    /// Whether nodes between the operator and this node rearrange elements, so that its values have
    /// other dimensions.
    package let isRearranged: Bool
    /// The map of these channels.
    package let affine: ChannelAffine
  }

  /// A linear operator with constant weights, and the maps around it that can be folded into it.
  package struct Operator: Sendable {
    /// The operator's node.
    package let node: NodeID
    /// The linear operator that the node computes.
    package let linear: LinearOperator
    /// The maps before and after the operator, in the order of the data.
    package private(set) var before: [Part] = []
    package private(set) var after: [Part] = []
    /// The composition of the maps before the operator, and of those after it.
    package private(set) var input, output: ChannelAffine
    /// The value through which the data enters.
    package private(set) var data: ValueID
    /// The values that contain exactly the operator's channels: the node's own output, and the
    /// outputs of the maps after it.
    package private(set) var outputs: [ValueID]
    /// Whether the operator gets new weights.
    package internal(set) var isRewritten = false

    /// The first node on the data's path.
    package var entry: NodeID { before.first?.node ?? node }

    init(_ id: NodeID, _ node: Node, _ linear: LinearOperator) {
      self.node = id
      self.linear = linear
      input = ChannelAffine(identityOf: linear.inputChannels)
      output = ChannelAffine(identityOf: linear.outputChannels)
      data = node.inputs[0]!
      outputs = [node.outputs[0]!]
    }

    /// Adds a map after all others.
    mutating func append(_ part: Part, _ map: ChannelMap) {
      if part.isWhole, after.allSatisfy(\.isWhole) { outputs += [map.input, map.output] }
      after.append(part)
      output = output.followed(by: part.affine)
      isRewritten = true
    }

    /// Adds a map before all others.
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
    /// Whether the node is folded into the operators before it. Otherwise it is folded into the one
    /// after it.
    let isBackward: Bool
  }

  /// All linear operators with constant weights, in topological order.
  package let operators: [Operator]
  /// The nodes that are folded, in topological order.
  let folds: [Fold]
  /// The reasons why normalizations are kept, in topological order.
  let refusals: [(node: NodeID, reason: String)]

  /// Decides what to fold in a graph. Afterwards, the graph knows the constants that its nodes
  /// compute for weights and parameters.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Parameter acceptsLoss: Whether it also plans what would lose digits.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(_ graph: inout Graph, acceptsLoss: Bool = false) throws(InfoldError) {
    graph.recordComputedConstants()
    var search = FoldSearch(graph, acceptsLoss: acceptsLoss)
    try search.run()
    operators = search.operators.values.sorted { $0.node < $1.node }
    folds = search.folds.values.sorted { $0.node < $1.node }
    refusals = search.refusals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The operators with new weights, keyed by their nodes.
  var rewritten: [NodeID: Operator] {
    Dictionary(operators.lazy.filter(\.isRewritten).map { ($0.node, $0) }) { first, _ in first }
  }
}

/// A graph together with everything that can be folded in it, regardless of what has already been
/// folded.
package struct FoldAnalysis: Sendable {
  /// The graph, including the constants that its nodes compute for weights and parameters.
  package let graph: Graph
  /// The linear operators of the graph.
  package let operators: [FoldPlan.Operator]

  /// Analyzes `graph`.
  /// - Precondition: The types of the graph's values have been inferred.
  /// - Parameter acceptsLoss: Whether to include maps that lose digits when they are folded. Another
  ///   tool may have folded them.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package init(_ graph: Graph, acceptsLoss: Bool = false) throws(InfoldError) {
    var graph = graph
    operators = try FoldPlan(&graph, acceptsLoss: acceptsLoss).operators
    self.graph = graph
  }

  /// Returns the weight and bias of an operator after folding the maps around it, in double
  /// precision.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  package func weights(of entry: FoldPlan.Operator) throws(InfoldError) -> FoldedWeights {
    let node = graph[entry.node]
    return try FoldedWeights(
      entry.linear, weight: graph.constant(node.inputs[1]!)!, bias: entry.linear.bias(of: node, in: graph),
      input: entry.input, output: entry.output)
  }
}
