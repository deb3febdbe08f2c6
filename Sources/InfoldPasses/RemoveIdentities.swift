import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Removes nodes that hand their input on unchanged: Identity, Dropout in its inference form, what only changes types or shapes, like
/// Cast, where it leaves them what they are, and Concat of one input. Concat's inputs without elements are no inputs.
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
      if let inputs = graph.inputsWithElements(of: node), inputs.count < node.inputs.count {
        node.inputs = inputs
        changes.append(PassResult.Entry(node: graph.label(of: node), "reads no inputs without elements"))
      }
      if let input = graph.handedOnInput(of: node) ?? graph.keptInput(of: node), let output = node.outputs[0],
        !index.isOutput(output), !index.isCaptured(output)
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

extension Graph {
  /// The only input of a node that keeps its elements, in their type and shape; `nil` for other nodes.
  fileprivate func keptInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, type(of: typed).keepsElements || type(of: typed).joinsInputs,
      node.inputs.count == 1, node.outputs.count == 1,
      let input = node.inputs[0], let output = node.outputs[0], let type = self[input].type, type == self[output].type,
      let shape = type.shape, !shape.contains(.unknown)
    else { return nil }
    return input
  }

  /// The inputs of a node that joins its inputs, but for those without elements; `nil` for other nodes, and where none is left.
  fileprivate func inputsWithElements(of node: Node) -> [ValueID?]? {
    guard let typed = node.typed, type(of: typed).joinsInputs else { return nil }
    let inputs = node.inputs.filter { $0.map { self[$0].type?.shape?.contains(.fixed(0)) != true } ?? false }
    return inputs.isEmpty ? nil : inputs
  }
}
