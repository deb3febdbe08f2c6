import InfoldGraph

/// ONNX's operators on sequences. Infold has no values of that kind: `ReplaceSequences` puts tensors in their places.
package enum SequenceOperator: String, CaseIterable {
  case empty = "SequenceEmpty"
  case construct = "SequenceConstruct"
  case insert = "SequenceInsert"
  case erase = "SequenceErase"
  case at = "SequenceAt"
  case length = "SequenceLength"
  case split = "SplitToSequence"
  case concatenate = "ConcatFromSequence"

  /// The operator of a node; `nil` for others.
  package init?(_ node: Node) {
    guard node.domain.isEmpty, let found = SequenceOperator(rawValue: node.opType) else { return nil }
    self = found
  }

  /// How many inputs and outputs it has.
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

  /// The attributes that it has.
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
  /// Whether this is an operator on sequences, or has one in its bodies.
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
  /// Whether a node works on sequences, in bodies or outside.
  package var hasSequences: Bool { nodes.contains(where: \.hasSequences) }
}
