import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

extension RandomGraph {
  /// A smaller network that also disagrees: with only the first output that does, and with values of the network as inputs if the nodes
  /// that compute them do not matter.
  public func minimized() throws(InfoldError) -> RandomGraph {
    guard try disagreement() != nil else { return self }
    var smallest = self
    for node in model.graph.nodes {
      for output in node.definitions where model.graph[output].type != nil {
        let candidate = try replacing(outputs: [output], made: [])
        if try candidate.disagreement() != nil {
          smallest = candidate
          return try smallest.withoutBeginning()
        }
      }
    }
    return try smallest.withoutBeginning()
  }

  /// Turns values into inputs, the last ones first, as long as the network disagrees.
  private func withoutBeginning() throws(InfoldError) -> RandomGraph {
    var smallest = self
    for node in model.graph.nodes.reversed() where node.outputs.count == 1 {
      guard let value = node.outputs[0], smallest.model.graph[value].type != nil, smallest.model.graph.nodes.count > 1,
        smallest.model.graph.producers()[value.index] != nil, !smallest.model.graph.outputs.contains(value)
      else { continue }
      let candidate = try smallest.replacing(outputs: smallest.model.graph.outputs, made: [value])
      if try candidate.disagreement() != nil { smallest = candidate }
    }
    return smallest
  }

  /// The network with other outputs, which takes the values in `made` as inputs.
  private func replacing(outputs: [ValueID], made: [ValueID]) throws(InfoldError) -> RandomGraph {
    let estimates = try allEstimates(isFast: false)
    var model = model, inputs = inputs
    model.graph.outputs = outputs
    for value in made {
      let type = model.graph[value].type!.elementType
      let known = estimates[value.index]!.value
      let tensor = type.isFloatingPoint ? try known.converted(to: type) : known
      model.graph.removeNodes { $0.outputs.contains(value) }
      model.graph.inputs.append(value)
      model.graph[value].type = TensorType(type, Shape(tensor.shape))
      inputs[value] = tensor
    }
    model.graph = try RemoveDeadCode().run(on: model.graph).graph
    let consumers = model.graph.consumers()
    model.graph.inputs = model.graph.inputs.filter { !consumers[$0.index].isEmpty || outputs.contains($0) }
    try model.graph.inferTypes()
    return RandomGraph(model: model, inputs: inputs, others: others, seed: seed)
  }
}
