import InfoldGraph

/// What stands in the place of a sequence.
enum SequenceValue {
  /// Its tensors, of which every run has as many.
  case list([ValueID])
  /// One tensor, whose first dimension counts the tensors of the sequence: all are of one shape.
  case stack(ValueID)
}

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
  var arity: (inputs: ClosedRange<Int>, outputs: Int) {
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
  var attributes: [String] {
    switch self {
    case .empty: ["dtype"]
    case .split: ["axis", "keepdims"]
    case .concatenate: ["axis", "new_axis"]
    case .construct, .insert, .erase, .at, .length: []
    }
  }
}
