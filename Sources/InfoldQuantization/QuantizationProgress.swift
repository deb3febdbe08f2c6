/// How far a network is quantized.
public struct QuantizationProgress: Sendable, Hashable {
  /// What is done at the moment.
  public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// Ranges and moments of values are taken.
    case calibrating
    /// What a method brought is measured.
    case measuring
    /// Weights are rounded together.
    case rounding
    /// Nodes that stay in floats are chosen.
    case choosing
  }

  /// What is done.
  public let phase: Phase
  /// How many parts of it are done.
  public let done: Int
  /// How many parts there are.
  public let total: Int
}
