import InfoldGraph

/// What stands in the place of a sequence.
enum SequenceValue {
  /// Its tensors, of which every run has as many.
  case list([ValueID])
  /// One tensor, whose first dimension counts the tensors of the sequence: all are of one shape.
  case stack(ValueID)
}
