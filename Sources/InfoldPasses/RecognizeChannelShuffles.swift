import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Finds channel shuffles, which exporters write as Reshape, Transpose and Reshape, and puts one operator in their place. The
/// nodes before the last are left for `RemoveDeadCode`.
package struct RecognizeChannelShuffles: GraphPass {
  package static let name = "recognize channel shuffles"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = PassResult(graph: graph)
    var nodes = graph.nodes
    for id in graph.nodeIDs {
      guard let (x, groups) = shuffle(endingAt: graph[id], graph) else { continue }
      let node = graph[id]
      nodes[id.index] = try Node(
        name: node.name, opType: ChannelShuffle.name, domain: OperatorRegistry.internalDomain, opsetVersion: 1,
        attributes: ["groups": .int(Int64(groups))], inputs: [x], outputs: node.outputs, registry: .internalOperators)
      result.changes.append(
        PassResult.Entry(node: graph.label(of: node), "became a shuffle of \(groups) groups with the nodes before it"))
    }
    result.graph.replaceNodes(nodes)
    return result
  }

  /// The input and the groups of a shuffle whose last node is `node`.
  private func shuffle(endingAt node: Node, _ graph: Graph) -> (ValueID, groups: Int)? {
    func producer(_ id: ValueID?) -> Node? { id.flatMap(graph.index.producer).map { graph[$0] } }
    func sizes(_ id: ValueID?) -> [Int]? { id.flatMap { graph[$0].type?.shape?.sizes } }
    guard node.typed is Reshape, let transposition = producer(node.inputs[0]),
      let transpose = transposition.typed as? Transpose, let first = producer(transposition.inputs[0]),
      first.typed is Reshape, let x = first.inputs[0], let before = sizes(x), before == sizes(node.outputs[0]),
      before.count > 2, let split = sizes(first.outputs[0]), split.count == before.count + 1,
      split[0] == before[0], split[3...].elementsEqual(before[2...]), split[1] * split[2] == before[1],
      transpose.permutation == [0, 2, 1] + Array(3..<split.count)
    else { return nil }
    return (x, split[1])
  }
}
