import InfoldGraph
import InfoldSystem

/// Makes initializers of what Constant nodes hold, and of constants that nodes hand on, so that `Graph.constant` is all there is to
/// ask. The first pass behind the inlining of bodies, which bring such nodes with them.
package struct SettleConstants: GraphPass {
  package static let name = "settle constants"

  /// The pass.
  package init() {}

  package func run(on graph: consuming Graph) throws(InfoldError) -> PassResult {
    var kept: [Node] = []
    var changes: [PassResult.Entry] = []
    for node in graph.nodes {
      guard graph.learnConstant(of: node) else {
        kept.append(node)
        continue
      }
      changes.append(PassResult.Entry(node: graph.label(of: node), "became an initializer"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    graph.replaceNodes(kept)
    graph.settleLearnedConstants()
    return PassResult(graph: graph, changes: changes)
  }
}
