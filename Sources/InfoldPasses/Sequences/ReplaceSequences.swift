import InfoldGraph
import InfoldSystem

/// Puts tensors in the places of sequences, which Infold has no values for: one for each of their tensors where every run has as many, or
/// one for all, whose first dimension counts them, where they are of one shape. A sequence that a Loop fills at its end, trip by trip,
/// becomes what the loop collects. What cannot be replaced stays, with the reason.
package struct ReplaceSequences: GraphPass {
  package static let name = "replace sequences"

  /// The pass.
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
      // What made a sequence is needed: all stays as it is, and is refused.
      return PassResult(graph: graph, refusals: [PassResult.Entry(node: "sequences", error.reason)])
    }
    try replaced.sort()
    return PassResult(graph: replaced, changes: rewriter.changes)
  }
}
