import InfoldGraph
import InfoldSystem

/// Turns the values of Constant nodes, and constants that nodes forward, into initializers, so that
/// `Graph.constant` finds all constants. This is the first pass after inlining, which adds such
/// nodes.
package struct MaterializeConstants: GraphPass {
  package static let name = "materialize constants"

  /// Creates the pass.
  package init() {}

  package func run(on graph: consuming Graph) throws(InfoldError) -> PassResult {
    var kept: [Node] = []
    var changes: [PassResult.Entry] = []
    for node in graph.nodes {
      guard graph.recordConstant(of: node) else {
        kept.append(node)
        continue
      }
      changes.append(PassResult.Entry(node: graph.label(of: node), "became an initializer"))
    }
    guard !changes.isEmpty else { return PassResult(graph: graph) }
    graph.replaceNodes(kept)
    graph.materializeRecordedConstants()
    return PassResult(graph: graph, changes: changes)
  }
}
