import InfoldGraph
import InfoldOperators

extension FoldSearch {
  /// Returns the linear operator that is the only reader of a map's output, searching through nodes
  /// that forward it unchanged.
  func target(after map: ChannelMap) throws(Refusal) -> NodeID {
    guard !index.isOutput(map.output) else { throw Refusal("its own output is an output of the graph") }
    guard !index.isCaptured(map.output) else { throw Refusal("its own output is used by a subgraph") }
    var value = map.output
    var steps = 0
    while true {
      try Self.count(&steps)
      // Forwarding nodes write the same elements under another name.
      guard !index.isOutput(value) else { throw Refusal("a value derived from it is an output of the graph") }
      guard !index.isCaptured(value) else { throw Refusal("a value derived from it is used by a subgraph") }
      let readers = index.consumers(of: value)
      guard let reader = readers.first else { throw Refusal("its output has no consumer") }
      guard readers.count == 1 else { throw Refusal("its own output has several consumers") }
      if let fold = folds[reader], !fold.isBackward, fold.map.input == value {
        value = fold.map.output
      } else if graph.forwardedInput(of: graph[reader]) == value, let output = graph[reader].outputs[0] {
        value = output
      } else {
        try requireReading(of: value, by: reader, map)
        return reader
      }
    }
  }

  /// Checks that folding into the next operator is exact. It is exact if the operator reads only
  /// mapped elements: it has no padding, or the map leaves zero unchanged.
  private func requireReading(of value: ValueID, by id: NodeID, _ map: ChannelMap) throws(Refusal) {
    let node = graph[id], label = graph.label(of: node)
    guard node.inputs[0] == value, node.inputs.count(where: { $0 == value }) == 1, map.axis == 1,
      let reading = node.typed?.linearForm?.reading
    else { throw Refusal("its output is not the input of an operator with weights") }
    switch reading {
    case .numbers: break
    case .transposed: throw Refusal("\(label) transposes its input")
    case .window:
      let shape = node.inputs[0].flatMap { graph[$0].type?.shape }
      guard let weight = node.inputs[1].flatMap(graph.constant)?.shape,
        let pads = node.typed?.mayPad(input: shape, weight: weight)
      else { throw Refusal("the weight of \(label) is not a constant") }
      guard map.affine.shift.allSatisfy({ $0 == 0 }) || !pads else {
        throw Refusal("\(label) pads with zeros, to which a folded shift would also apply")
      }
    }
  }
}
