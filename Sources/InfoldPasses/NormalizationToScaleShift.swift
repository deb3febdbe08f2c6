import InfoldGraph

/// Puts one scale and one shift per channel (or per activation) in the place of every batch normalization at inference,
/// computed in double precision: now where the parameters are constants, else in every run.
package struct NormalizationToScaleShift: GraphPass {
  package static let name = "batch normalization to scale and shift"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = PassResult(graph: graph)
    let constants = try GraphConstants(graph)
    var nodes: [Node] = []
    for node in graph.nodes {
      guard let normalization = node.typed as? BatchNormalization, !normalization.isTraining,
        let x = node.inputs[0], let type = graph[x].type?.elementType
      else {
        nodes.append(node)
        continue
      }
      let name = graph.label(of: node)
      let parameterType = TensorType(type, node.inputs[1].flatMap { graph[$0].type?.shape })
      let scale = result.graph.add(Value(name: name + " scale", type: parameterType))
      let shift = result.graph.add(Value(name: name + " shift", type: parameterType))
      let parameters = try Node(
        name: node.name, opType: NormalizationScaleShift.name, domain: OperatorRegistry.internalDomain, opsetVersion: 1,
        attributes: ["epsilon": .float(normalization.epsilon), "to": .int(Int64(type.rawValue))],
        inputs: Array(node.inputs[1...]), outputs: [scale, shift], registry: .internalOperators)
      let known = node.inputs[1...].compactMap { $0.flatMap(constants.tensor) }
      if known.count == 4 {
        for (id, tensor) in zip([scale, shift], try parameters.evaluate(known)) {
          result.graph[id].initializer = tensor.map(Initializer.init)
        }
      } else {
        nodes.append(parameters)
      }
      nodes.append(
        try Node(
          name: node.name, opType: ScaleShift.name, domain: OperatorRegistry.internalDomain, opsetVersion: 1,
          inputs: [x, scale, shift], outputs: node.outputs, registry: .internalOperators))
      result.changes.append(PassResult.Entry(node: name, "became a scale and a shift"))
    }
    result.graph.replaceNodes(nodes)
    return result
  }
}
