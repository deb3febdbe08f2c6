/// How an operator maps each number of one input by y = offset + (x − center) · scale, when its other inputs are constants.
public enum AffineForm: Sendable {
  /// The numbers of the first input, along its second dimension the channels: (x − mean) ÷ √(variance + epsilon) · scale + bias. The
  /// inputs behind it are scale, bias, mean and variance, with one number per channel each. `refusal` says why this use of the operator
  /// is no such map; `nil` where it is.
  case normalization(epsilon: Float, refusal: String?)
  /// The numbers of either of two inputs, combined with those of the other one: a sum, difference, product or quotient.
  case arithmetic(ElementCombination)
}

extension Node {
  /// Whether this is a batch normalization: its operator maps channels by parameters that are its inputs.
  package var isNormalization: Bool {
    if case .normalization = typed?.affineForm { true } else { false }
  }
}
