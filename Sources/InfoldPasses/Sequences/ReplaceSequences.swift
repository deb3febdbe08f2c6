import InfoldGraph
import InfoldSystem

/// Replaces sequences, which Infold does not support, by tensors. If every run has the same number
/// of tensors, each tensor of a sequence becomes a value. Otherwise, if all have the same shape,
/// they become one tensor whose first dimension counts them. A sequence to which a Loop appends in
/// each iteration becomes a scan output of the loop. Sequences that cannot be replaced are kept,
/// with the reason.
package struct ReplaceSequences: GraphPass {
  package static let name = "replace sequences"

  /// Creates the pass.
  package init() {}

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    guard graph.hasSequences else { return PassResult(graph: graph) }
    var names = NameRegistry()
    graph.takeNames(&names)
    var typed = graph
    try typed.inferTypes()
    var rewriter = SequenceRewriter(typed, names: names)
    try rewriter.rewrite()
    var replaced = rewriter.build.graph
    try replaced.removeUnneededOpaqueNodes()
    do throws(InfoldError) {
      try replaced.requireProducers()
    } catch {
      // An operator needs a sequence as a whole. Everything is kept and will be rejected.
      return PassResult(graph: graph, refusals: [PassResult.Entry(node: "sequences", error.reason)])
    }
    try replaced.sort()
    return PassResult(graph: replaced, changes: rewriter.changes)
  }
}
