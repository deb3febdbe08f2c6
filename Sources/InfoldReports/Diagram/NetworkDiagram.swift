import InfoldGraph

/// A network as a drawing shows it: boxes, and the connections between them. Nothing here has a place yet.
package struct NetworkDiagram: Sendable {
  /// A box: an input, an output or a node.
  package struct Box: Sendable {
    /// What the box stands for.
    package enum Kind: Sendable, Hashable {
      case input
      case output
      case operation(OperatorFamily)
      /// A node that Infold cannot run.
      case unsupported
    }

    /// What a line of a box is.
    package enum Line: Sendable, Hashable {
      case name(String)
      case detail(String)
      case constants(String)

      /// The text.
      package var text: String {
        switch self {
        case .name(let text), .detail(let text), .constants(let text): text
        }
      }
    }

    package var kind: Kind
    /// The operator, or what kind of input it is.
    package var title: String
    /// What stands below it, shortened.
    package var lines: [Line]
    /// All that is known, for who points at the box.
    package var tooltip: String
  }

  /// A value on its way to a node that reads it, or to an output.
  package struct Connection: Sendable {
    /// The index of the box that it comes from, less than `target`.
    package var source: Int
    /// The index of the box that reads it.
    package var target: Int
    /// The value: connections with the same number carry the same.
    package var value: Int
    /// Its shape; `nil` where a sibling has it, or it is not known.
    package var label: String?
    /// Name and type.
    package var tooltip: String
  }

  /// The boxes: inputs, then nodes in topological order, then outputs.
  package var boxes: [Box] = []
  package var connections: [Connection] = []

  package init(boxes: [Box] = [], connections: [Connection] = []) {
    self.boxes = boxes
    self.connections = connections
  }
}
