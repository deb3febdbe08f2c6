/// What a quantization did, and what it costs in accuracy.
public struct QuantizationReport: Sendable {
  /// A quantized value.
  public struct Value: Sendable {
    /// Its name.
    public let name: String
    /// What a step is worth.
    public let scale: Float
    /// The number that stands for 0.
    public let zeroPoint: Int
    /// The squares of the numbers over those of the errors, summed over all samples, in decibels; `nil` where one of both is 0.
    public let signalToNoise: Double?
  }

  /// The quantized weights of a node.
  public struct Weights: Sendable {
    /// The node, as errors call it.
    public let node: String
    /// The squares of the weights over those of their errors, in decibels; `nil` where one of both is 0.
    public let signalToNoise: Double?
  }

  /// The quantized values but for the inputs of the model, in their order.
  public let values: [Value]
  /// The quantized weights, in the order of their nodes.
  public let weights: [Weights]
  /// The nodes that compute with 8 bits.
  public let quantizedNodes: Int
  /// All nodes of the folded model.
  public let nodes: Int
  /// The samples that were compared.
  public let samples: Int
  /// Of those, the samples for which the greatest number of the first output stands at the same place.
  public let agreeing: Int
}
