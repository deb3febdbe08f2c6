import InfoldGraph
import InfoldOperators
import InfoldSystem

/// A pass that looks for formulas, and does nothing else.
package protocol RecognitionPass: GraphPass {
  /// What it looks for; of several that are found in one place, the first counts.
  static var recognitions: [Recognition] { get }
}

extension RecognitionPass {
  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    try Recognition.run(Self.recognitions, on: graph)
  }
}

/// One operator for what a pattern finds.
package struct Recognition: Sendable {
  /// What takes the place of the node that makes the value which was found.
  package struct Replacement {
    /// The node, with the same output.
    package var node: Node
    /// What it is, for reports; the operator by default.
    package var description: String

    /// A replacement.
    package init(_ node: Node, _ description: String? = nil) {
      self.node = node
      self.description = description ?? node.opType
    }
  }

  /// Makes the replacement of a node; `nil` where a pattern cannot say what is missing.
  package typealias Writing =
    @Sendable (Node, Match, MatchContext, inout GraphEditor) throws(InfoldError) -> Replacement?

  private let pattern: Pattern
  private let write: Writing

  /// - Parameter write: As `Writing`.
  package init(_ pattern: Pattern, becomes write: @escaping Writing) {
    self.pattern = pattern
    self.write = write
  }

  /// Looks for the first of some recognitions at every node that is needed, from the outputs on, so that the largest formula is found
  /// first, and not those inside of it that nobody else reads. They are left for `RemoveDeadCode`.
  package static func run(_ recognitions: [Recognition], on graph: Graph) throws(InfoldError) -> PassResult {
    let context = MatchContext(graph)
    var editor: GraphEditor?
    var changes: [PassResult.Entry] = []
    var nodes = graph.nodes
    var isNeeded = [Bool](repeating: false, count: graph.values.count)
    for output in graph.outputs { isNeeded[output.index] = true }
    for id in graph.nodeIDs.reversed() where graph[id].definitions.contains(where: { isNeeded[$0.index] }) {
      let node = graph[id]
      if node.outputs.count == 1, let value = node.outputs[0] {
        for recognition in recognitions {
          var match = Match()
          guard recognition.pattern.isFound(at: value, context, &match) else { continue }
          var used = editor.take() ?? GraphEditor(graph)
          let replacement = try recognition.write(node, match, context, &used)
          editor = used
          guard let replacement else { continue }
          nodes[id.index] = replacement.node
          changes.append(
            PassResult.Entry(
              node: graph.label(of: node), "became \(replacement.description) with the nodes before it"))
          break
        }
      }
      // What a replacement adds is no result of a node.
      for use in nodes[id.index].uses where use.index < isNeeded.count { isNeeded[use.index] = true }
    }
    guard !changes.isEmpty, var rewritten = editor?.graph else { return PassResult(graph: graph) }
    rewritten.replaceNodes(nodes)
    return PassResult(graph: rewritten, changes: changes.reversed())
  }
}
