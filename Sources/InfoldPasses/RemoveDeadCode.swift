import InfoldGraph
import InfoldSystem

/// Removes dead nodes and unused initializers.
package struct RemoveDeadCode: GraphPass {
  package static let name = "remove dead code"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var isNeeded = [Bool](repeating: false, count: graph.values.count)
    for output in graph.outputs { isNeeded[output.index] = true }
    var kept: [Node] = []
    var changes: [PassResult.Entry] = []
    for node in graph.nodes.reversed() {
      if node.definitions.contains(where: { isNeeded[$0.index] }) {
        for use in node.uses { isNeeded[use.index] = true }
        kept.append(node)
      } else {
        changes.append(PassResult.Entry(node: graph.label(of: node), "removed because its outputs are unused"))
      }
    }
    var result = graph
    result.replaceNodes(kept.reversed())
    for id in graph.valueIDs where !isNeeded[id.index] && graph.isConstant(id) { result[id].initializer = nil }
    return PassResult(graph: result, changes: changes.reversed())
  }
}

extension Graph {
  /// Removes nodes without a supported operator that no output needs, and everything computed from
  /// them.
  package mutating func removeUnneededOpaqueNodes() throws(InfoldError) {
    guard nodes.contains(where: { $0.typed == nil }) else { return }
    let needed = try Set(RemoveDeadCode().run(on: self).graph.nodes.flatMap(\.definitions))
    var removed: Set<ValueID> = []
    replaceNodes(
      nodes.filter { node in
        let isNeeded = node.definitions.contains(where: needed.contains)
        guard !isNeeded, node.typed == nil || node.uses.contains(where: removed.contains) else { return true }
        removed.formUnion(node.definitions)
        return false
      })
  }
}
