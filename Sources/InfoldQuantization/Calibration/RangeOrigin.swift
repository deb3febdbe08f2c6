/// The source of a quantized value's range.
public enum RangeOrigin: String, Sendable, Hashable, CaseIterable {
  /// Samples.
  case samples
  /// The statistics of batch normalizations, propagated to the value if necessary.
  case statistics
  /// The statistics of batch normalizations, propagated through weights under the assumption of
  /// independent inputs.
  case estimate
  /// Random pictures, with batch normalization statistics recomputed for them.
  case noise
  /// The input range that the caller gave.
  case given
}
