import InfoldGraph

/// ONNX's sequence operators. Infold has no sequence values: `ReplaceSequences` replaces them by
/// tensors.
package enum SequenceOperator: String, CaseIterable {
  case empty = "SequenceEmpty"
  case construct = "SequenceConstruct"
  case insert = "SequenceInsert"
  case erase = "SequenceErase"
  case at = "SequenceAt"
  case length = "SequenceLength"
  case split = "SplitToSequence"
  case concatenate = "ConcatFromSequence"

  /// Returns the sequence operator of a node, or `nil` for other nodes.
  package init?(_ node: Node) {
    guard node.domain.isEmpty, let found = SequenceOperator(rawValue: node.opType) else { return nil }
    self = found
  }

  /// The number of inputs and outputs.
  package var arity: (inputs: ClosedRange<Int>, outputs: Int) {
    switch self {
    case .empty: (0...0, 1)
    case .construct: (1...Int.max, 1)
    case .insert: (2...3, 1)
    case .erase, .split: (1...2, 1)
    case .at: (2...2, 1)
    case .length, .concatenate: (1...1, 1)
    }
  }

  /// The names of the attributes.
  package var attributes: [String] {
    switch self {
    case .empty: ["dtype"]
    case .split: ["axis", "keepdims"]
    case .concatenate: ["axis", "new_axis"]
    case .construct, .insert, .erase, .at, .length: []
    }
  }
}

extension Node {
  /// Whether the node is a sequence operator or has one in its bodies.
  package var hasSequences: Bool {
    SequenceOperator(self) != nil
      || attributes.entries.contains { entry in
        switch entry.value {
        case .graph(let body): body.hasSequences
        case .graphs(let bodies): bodies.contains(where: \.hasSequences)
        default: false
        }
      }
  }
}

extension Graph {
  /// Whether the graph or a body in it contains a sequence operator.
  package var hasSequences: Bool { nodes.contains(where: \.hasSequences) }
}
