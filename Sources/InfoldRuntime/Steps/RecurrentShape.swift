/// The sizes of a recurrent operator, and the order of its sequences.
struct RecurrentShape: Sendable {
  /// The positions of a sequence.
  var length: Int
  /// The sequences.
  var batch: Int
  var inputSize: Int
  var hiddenSize: Int
  /// For each direction, whether it runs from the end of the sequences.
  var isReversed: [Bool]
  var isBatchFirst: Bool

  var directions: Int { isReversed.count }
  /// The rows of X.
  var rows: Int { length * batch }
  /// The rows of X from one sequence to the next at the same position.
  var sequenceStride: Int { isBatchFirst ? length : 1 }
  /// The rows of X from one position to the next.
  var positionStride: Int { isBatchFirst ? 1 : batch }
  /// The numbers from the state of one sequence to that of the next.
  var stateStride: Int { hiddenSize * (isBatchFirst ? directions : 1) }
  /// The numbers in Y from one sequence to the next.
  var resultStride: Int { isBatchFirst ? length * directions * hiddenSize : hiddenSize }

  /// The place of a direction's state of a sequence.
  func state(_ direction: Int, _ sequence: Int) -> Int {
    direction * hiddenSize * (isBatchFirst ? 1 : batch) + sequence * stateStride
  }

  /// The row of X of a sequence at a position.
  func row(_ position: Int, _ sequence: Int) -> Int { position * positionStride + sequence * sequenceStride }

  /// The place in Y of what a direction gives of a sequence at a position.
  func result(_ direction: Int, _ position: Int, _ sequence: Int) -> Int {
    (position * directions + direction) * hiddenSize * (isBatchFirst ? 1 : batch) + sequence * resultStride
  }
}
