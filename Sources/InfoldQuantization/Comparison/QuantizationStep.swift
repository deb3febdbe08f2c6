/// The effect of one method.
public struct QuantizationStep: Sendable, Hashable {
  /// A quantization method.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// Ranges from the smallest to the largest number, and weights rounded to the nearest integers.
    case plain
    /// Channels scaled to use more of the range that they share.
    case equalization
    /// Ranges by the method of the options.
    case ranges
    /// Biases that compensate for the mean error of rounded weights.
    case biasCorrection
    /// Weights of an output channel rounded together.
    case roundingSearch
    /// Nodes left in float.
    case floatNodes
  }

  /// The method.
  public let method: Method
  /// The signal-to-noise ratio over all outputs and samples in dB: infinite without errors, `nil`
  /// without a signal.
  public let decibels: Double?
  /// The number of rows of scores with the same best class; `nil` if the first output holds no
  /// class scores.
  public let agreements: Int?
  /// The number of rows of scores.
  public let rows: Int
  /// Whether the network uses the method. With samples, a method that makes the outputs worse is
  /// discarded, except for ranges and float nodes.
  public internal(set) var isKept: Bool
}
