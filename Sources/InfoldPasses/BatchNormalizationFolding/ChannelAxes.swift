import InfoldGraph

/// Along which axis the channels of each value of a graph lie: the second one, but where a linear operator writes them along the last
/// one, also where arithmetic with constants stands behind it.
struct ChannelAxes {
  private var isLast: [Bool]

  init(_ graph: Graph) {
    isLast = Array(repeating: false, count: graph.values.count)
    for node in graph.nodes {
      guard let output = node.outputs.first ?? nil else { continue }
      isLast[output.index] =
        node.typed?.linearForm?.writesChannelsLast ?? graph.dataInput(of: node).map { isLast[$0.index] } ?? false
    }
  }

  /// The axis of a value of this rank.
  func axis(of value: ValueID, rank: Int) -> Int { isLast[value.index] ? rank - 1 : 1 }
}

extension Graph {
  /// The input that a node hands on, or does arithmetic with a constant on.
  fileprivate func dataInput(of node: Node) -> ValueID? {
    if let input = handedOnInput(of: node) { return input }
    guard node.typed?.elementCombination != nil, node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1],
      (constant(a) != nil) != (constant(b) != nil)
    else { return nil }
    return constant(a) != nil ? b : a
  }
}
