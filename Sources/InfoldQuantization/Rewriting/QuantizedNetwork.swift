import InfoldGraph

/// A network in QDQ form, and what became of its values and weights.
public struct QuantizedNetwork: Sendable {
  /// A value that is quantized.
  public struct QuantizedActivation: Sendable {
    /// What the float network calls it.
    public let name: String
    /// What the quantized network calls it once it is a float again.
    public let restoredName: String
    /// The node that makes it, as errors call it; `nil` for an input.
    public let node: String?
    /// What was seen, or is to be covered.
    public let range: ClosedRange<Double>
    /// What its numbers mean.
    public let scale: ActivationScale
  }

  /// The weights of a node.
  public struct QuantizedWeights: Sendable {
    /// The node, as errors call it.
    public let node: String
    /// How many they are.
    public let count: Int
    /// What rounding changed about them.
    public let quality: SignalQuality
  }

  /// The network.
  public internal(set) var model: Model
  /// In the order in which they are made.
  public internal(set) var activations: [QuantizedActivation]
  /// In topological order.
  public internal(set) var weights: [QuantizedWeights]
}
