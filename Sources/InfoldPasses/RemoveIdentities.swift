import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Removes nodes that hand their input on unchanged: Identity, and Dropout in its inference form.
package struct RemoveIdentities: GraphPass {
  package static let name = "remove identities"

  /// The pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = graph
    var source: [ValueID: ValueID] = [:]
    var kept: [Node] = []
    var changes: [PassResult.Entry] = []
    let index = graph.index
    for var node in graph.nodes {
      // Exporters name the mask of a Dropout also where nobody reads it.
      if node.typed?.handsOnInput({ _ in true }) == true {
        for place in node.outputs.indices.dropFirst() {
          if let output = node.outputs[place], index.useCount(of: output) == 0 { node.outputs[place] = nil }
        }
      }
      node.inputs = node.inputs.map { $0.map { source[$0] ?? $0 } }
      if let input = graph.handedOnInput(of: node), let output = node.outputs[0], !index.isOutput(output),
        !index.isCaptured(output)
      {
        source[output] = input
        changes.append(PassResult.Entry(node: graph.label(of: node), "removed, it hands its input on"))
      } else {
        kept.append(node)
      }
    }
    result.replaceNodes(kept)
    return PassResult(graph: result, changes: changes)
  }
}
