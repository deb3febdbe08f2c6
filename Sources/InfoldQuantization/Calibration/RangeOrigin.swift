/// What the range of a quantized value was found with.
public enum RangeOrigin: String, Sendable, Hashable, CaseIterable {
  /// The samples.
  case samples
  /// The statistics of batch normalizations, and what follows from them.
  case statistics
  /// The same, through a product with weights whose inputs were taken to be independent of each other.
  case estimate
  /// Random pictures, with batch normalizations that were given the statistics of these.
  case noise
  /// What the caller said of an input.
  case given
}
