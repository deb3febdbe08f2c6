import InfoldGraph
import InfoldOperators
import InfoldSystem

/// A pass that only recognizes formulas.
package protocol RecognitionPass: GraphPass {
  /// The recognitions to try. The first one that matches wins.
  static var recognitions: [Recognition] { get }
}

extension RecognitionPass {
  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    try Recognition.run(Self.recognitions, on: graph)
  }
}

/// A recognition that replaces a matched pattern by one operator.
package struct Recognition: Sendable {
  /// The replacement of the node that produces a matched value.
  package struct Replacement {
    /// The new node, with the same output.
    package var node: Node
    /// The description in reports. By default, the operator.
    package var description: String

    /// Creates a replacement.
    package init(_ node: Node, _ description: String? = nil) {
      self.node = node
      self.description = description ?? node.opType
    }
  }

  /// A function that creates the replacement of a node. It returns `nil` if a condition that
  /// patterns cannot express is not satisfied.
  package typealias Writing =
    @Sendable (Node, Match, MatchContext, inout GraphEditor) throws(InfoldError) -> Replacement?

  private let pattern: Pattern
  private let write: Writing

  /// Creates a recognition.
  /// - Parameters:
  ///   - pattern: The pattern.
  ///   - write: The function that creates the replacement.
  package init(_ pattern: Pattern, becomes write: @escaping Writing) {
    self.pattern = pattern
    self.write = write
  }

  /// Tries recognitions at every needed node, starting from the outputs. The largest formula is
  /// therefore found first. Nodes inside of it that have no other consumers are skipped and left for
  /// `RemoveDeadCode`.
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
              node: graph.label(of: node), "replaced, with the nodes before it, by \(replacement.description)"))
          break
        }
      }
      // Values that a replacement adds are not outputs of original nodes.
      for use in nodes[id.index].uses where use.index < isNeeded.count { isNeeded[use.index] = true }
    }
    guard !changes.isEmpty, var rewritten = editor?.graph else { return PassResult(graph: graph) }
    rewritten.replaceNodes(nodes)
    return PassResult(graph: rewritten, changes: changes.reversed())
  }
}
