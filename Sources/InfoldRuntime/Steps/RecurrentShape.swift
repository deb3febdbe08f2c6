/// The sizes of a recurrent operator and the layout of its sequences.
struct RecurrentShape: Sendable {
  /// The number of positions of a sequence.
  var length: Int
  /// The number of sequences.
  var batch: Int
  var inputSize: Int
  var hiddenSize: Int
  /// For each direction, whether it runs from the end of the sequences.
  var isReversed: [Bool]
  var isBatchFirst: Bool

  var directions: Int { isReversed.count }
  /// The number of rows of X.
  var rows: Int { length * batch }
  /// The distance in X between adjacent sequences at the same position, in rows.
  var sequenceStride: Int { isBatchFirst ? length : 1 }
  /// The distance in X between adjacent positions, in rows.
  var positionStride: Int { isBatchFirst ? 1 : batch }
  /// The distance between the states of adjacent sequences, in elements.
  var stateStride: Int { hiddenSize * (isBatchFirst ? directions : 1) }
  /// The distance in Y between adjacent sequences, in elements.
  var resultStride: Int { isBatchFirst ? length * directions * hiddenSize : hiddenSize }

  /// Returns the offset of a sequence's state in a direction.
  func state(_ direction: Int, _ sequence: Int) -> Int {
    direction * hiddenSize * (isBatchFirst ? 1 : batch) + sequence * stateStride
  }

  /// Returns the row of X for a sequence at a position.
  func row(_ position: Int, _ sequence: Int) -> Int { position * positionStride + sequence * sequenceStride }

  /// Returns the offset in Y of a direction's result for a sequence at a position.
  func result(_ direction: Int, _ position: Int, _ sequence: Int) -> Int {
    (position * directions + direction) * hiddenSize * (isBatchFirst ? 1 : batch) + sequence * resultStride
  }
}
