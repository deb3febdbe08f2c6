import InfoldGraph
import InfoldSystem

/// Expands operators that are defined in terms of other operators (`Operator.composition`), if
/// everything that the expansion depends on is known. These are fused operators of other runtimes,
/// and ONNX's Attention.
package struct ExpandCompositions: GraphPass {
  package static let name = "expand compositions"

  /// The maximum nesting of expansions.
  private static let mostLevels = 4

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = PassResult(graph: graph)
    for _ in 0..<Self.mostLevels {
      guard try expand(&result) else { break }
    }
    return result
  }

  /// Expands the nodes of the graph once.
  /// - Returns: Whether there were any.
  private func expand(_ result: inout PassResult) throws(InfoldError) -> Bool {
    let graph = result.graph
    var networks: [NodeID: Graph] = [:]
    for id in graph.nodeIDs {
      guard let operation = graph[id].typed, graph[id].inputs.allSatisfy({ $0.map { graph[$0].type != nil } ?? true })
      else { continue }
      networks[id] = try annotatingErrors({ $0.atNode(graph.label(of: graph[id])) }) { () throws(InfoldError) in
        try operation.composition(graph.operatorInputs(of: graph[id]))
      }
    }
    guard !networks.isEmpty else { return false }
    var inliner = BodyInliner(graph)
    var nodes: [Node] = []
    for id in graph.nodeIDs {
      guard let network = networks[id] else {
        nodes.append(graph[id])
        continue
      }
      nodes += try inliner.nodes(of: network, calledBy: graph[id])
      result.changes.append(PassResult.Entry(node: graph.label(of: graph[id]), "expanded into other operators"))
    }
    result.graph = inliner.graph
    result.graph.replaceNodes(nodes)
    try result.graph.sort()
    return true
  }
}
