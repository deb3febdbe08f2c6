/// An operator that applies y = offset + (x − center) · scale to each element of one input if its
/// other inputs are constants.
public enum AffineForm: Sendable {
  /// (x − mean) ÷ √(variance + epsilon) · scale + bias per channel, the second dimension of the
  /// first input. The further inputs are scale, bias, mean and variance, each with one number per
  /// channel. `refusal` says why this node is not of that form; `nil` if it is.
  case normalization(epsilon: Float, refusal: String?)
  /// A sum, difference, product or quotient of two inputs, either of which may be the constant.
  case arithmetic(ElementCombination)
}

extension Node {
  /// Whether this is a batch normalization: an affine map of channels whose parameters are inputs.
  package var isNormalization: Bool {
    if case .normalization = typed?.affineForm { true } else { false }
  }
}
