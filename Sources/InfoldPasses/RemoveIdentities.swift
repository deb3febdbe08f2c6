import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Removes nodes that forward their input unchanged: Identity, Dropout at inference, conversions of
/// types or shapes, such as Cast, that have no effect, and Concat of one input. Inputs of Concat
/// without elements are removed as well.
package struct RemoveIdentities: GraphPass {
  package static let name = "remove identities"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var result = graph
    var source: [ValueID: ValueID] = [:]
    var kept: [Node] = []
    var changes: [PassResult.Entry] = []
    let index = graph.index
    for var node in graph.nodes {
      // Exporters name the mask of a Dropout even if it is unused.
      if node.typed?.forwardsInput({ _ in true }) == true {
        for place in node.outputs.indices.dropFirst() {
          if let output = node.outputs[place], index.useCount(of: output) == 0 { node.outputs[place] = nil }
        }
      }
      node.inputs = node.inputs.map { $0.map { source[$0] ?? $0 } }
      if let inputs = graph.inputsWithElements(of: node), inputs.count < node.inputs.count {
        node.inputs = inputs
        changes.append(PassResult.Entry(node: graph.label(of: node), "inputs without elements removed"))
      }
      if let input = graph.forwardedInput(of: node) ?? graph.keptInput(of: node), let output = node.outputs[0],
        !index.isOutput(output), !index.isCaptured(output)
      {
        source[output] = input
        changes.append(PassResult.Entry(node: graph.label(of: node), "removed because it forwards its input unchanged"))
      } else {
        kept.append(node)
      }
    }
    result.replaceNodes(kept)
    return PassResult(graph: result, changes: changes)
  }
}

extension Graph {
  /// Returns the only input of a node that preserves its elements, element type and shape, or `nil`
  /// for other nodes.
  fileprivate func keptInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, type(of: typed).keepsElements || type(of: typed).joinsInputs,
      node.inputs.count == 1, node.outputs.count == 1,
      let input = node.inputs[0], let output = node.outputs[0], let type = self[input].type, type == self[output].type,
      let shape = type.shape, !shape.contains(.unknown)
    else { return nil }
    return input
  }

  /// Returns the inputs of a concatenation except those without elements. Returns `nil` for other
  /// nodes, and if none is left.
  fileprivate func inputsWithElements(of node: Node) -> [ValueID?]? {
    guard let typed = node.typed, type(of: typed).joinsInputs else { return nil }
    let inputs = node.inputs.filter { $0.map { self[$0].type?.shape?.contains(.fixed(0)) != true } ?? false }
    return inputs.isEmpty ? nil : inputs
  }
}
