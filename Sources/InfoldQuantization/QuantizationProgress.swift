/// The progress of a quantization.
public struct QuantizationProgress: Sendable, Hashable {
  /// A phase of quantization.
  public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// Collecting ranges and moments of values.
    case calibrating
    /// Measuring the effect of a method.
    case measuring
    /// Searching for the rounding of weights.
    case rounding
    /// Choosing the nodes that stay in float.
    case choosing
  }

  /// The current phase.
  public let phase: Phase
  /// The completed parts of the phase.
  public let done: Int
  /// The total number of parts of the phase.
  public let total: Int
}
