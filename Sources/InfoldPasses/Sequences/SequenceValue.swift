import InfoldGraph

/// The replacement of a sequence.
enum SequenceValue {
  /// The tensors of the sequence, if their number is the same in each run.
  case list([ValueID])
  /// One tensor whose first dimension counts the tensors of the sequence. All have the same shape.
  case stack(ValueID)
}
