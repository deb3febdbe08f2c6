import InfoldGraph

/// The channel axis of each value of a graph. It is the second axis, unless a linear operator
/// writes channels along the last one. Arithmetic with constants preserves the axis.
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

  /// Returns the channel axis of a value of this rank.
  func axis(of value: ValueID, rank: Int) -> Int { isLast[value.index] ? rank - 1 : 1 }
}

extension Graph {
  /// Returns the input that a node forwards, or to which it applies arithmetic with a constant.
  fileprivate func dataInput(of node: Node) -> ValueID? {
    if let input = forwardedInput(of: node) { return input }
    guard node.typed?.elementCombination != nil, node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1],
      (constant(a) != nil) != (constant(b) != nil)
    else { return nil }
    return constant(a) != nil ? b : a
  }
}
