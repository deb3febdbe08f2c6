import InfoldGraph
import InfoldSystem
import InfoldTensor

// Composed operators, which sessions run as graphs of other operators.
extension ErrorPropagation {
  /// Returns the graph that sessions run in place of the node; `nil` for primitive operators.
  func composition(_ inputs: [ErrorEstimate?]) throws(InfoldError) -> Graph? {
    let operands = OperatorInputs(inputs.map { $0?.value }, outputCount: node.outputs.count)
    guard var graph = try node.typed?.composition(operands) else { return nil }
    graph.outputs = Array(graph.outputs.prefix(node.outputs.count))
    return graph
  }

  /// Returns the outputs of a graph, whose products all have the error of this node's.
  func outputs(of graph: Graph, _ inputs: [ErrorEstimate?]) throws(InfoldError) -> [ErrorEstimate?] {
    var estimates: [ErrorEstimate?] = []
    for id in graph.valueIDs {
      let constant = graph.constant(id) ?? graph[id].initializer?.tensor
      estimates.append(
        try constant.map { (tensor) throws(InfoldError) in
          ErrorEstimate(constant: try tensor.widened(), relative: rounding.constants)
        })
    }
    for (id, input) in zip(graph.inputs, inputs) { estimates[id.index] = input }
    let isNeeded = graph.neededNodes()
    for id in graph.nodeIDs where isNeeded[id.index] {
      let node = graph[id]
      let types = node.operands.map { $0.flatMap { graph[$0].type?.elementType } }
      let results = try ErrorPropagation(node: node, types: types, rounding: rounding, products: products)
        .outputs(node.operands.map { $0.flatMap { estimates[$0.index] } })
      for case (let value?, var estimate?) in zip(node.outputs, results) {
        try estimate.addConversion(by: node, to: graph[value].type?.elementType)
        estimates[value.index] = estimate
      }
    }
    return graph.outputs.map { estimates[$0.index] }
  }
}
