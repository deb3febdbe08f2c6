import InfoldGraph

/// A diagram of a network: boxes and their connections, without positions.
package struct NetworkDiagram: Sendable {
  /// A box: an input, an output or a node.
  package struct Box: Sendable {
    /// The kind of a box.
    package enum Kind: Sendable, Hashable {
      case input
      case output
      case operation(OperatorFamily)
      /// A node that Infold cannot run.
      case unsupported
    }

    /// A line of text in a box.
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
    /// The operator, or the kind of input.
    package var title: String
    /// The lines below the title, shortened.
    package var lines: [Line]
    /// The details shown on hover.
    package var tooltip: String
  }

  /// A connection from the producer of a value to a consumer or output.
  package struct Connection: Sendable {
    /// The index of the source box, less than `target`.
    package var source: Int
    /// The index of the target box.
    package var target: Int
    /// The value. Connections with the same number carry the same value.
    package var value: Int
    /// The shape, or `nil` if it is unknown or labels another connection of the value.
    package var label: String?
    /// The name and type of the value.
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
