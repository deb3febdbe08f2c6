/// What a method brought.
public struct QuantizationStep: Sendable, Hashable {
  /// A method.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// Ranges from the least to the greatest number, and weights rounded to the nearest integers.
    case plain
    /// Channels scaled so that they use the range that they share.
    case equalization
    /// Ranges as the options say.
    case ranges
    /// Biases that make up for the rounding of weights on average.
    case biasCorrection
    /// Weights rounded together.
    case roundingSearch
    /// Nodes left in floats.
    case floatNodes
  }

  /// The method.
  public let method: Method
  /// The signal-to-noise ratio over all outputs and samples in dB; infinite without errors, `nil` without a signal.
  public let decibels: Double?
  /// How many rows of scores have the same best class; `nil` where the first output holds no scores.
  public let agreements: Int?
  /// The rows of scores.
  public let rows: Int
  /// Whether the network has it: what makes the outputs worse is left out again.
  public internal(set) var isKept: Bool
}
