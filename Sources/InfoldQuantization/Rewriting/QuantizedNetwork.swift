import InfoldGraph

/// A network in QDQ format, with details about its values and weights.
public struct QuantizedNetwork: Sendable {
  /// A quantized value.
  public struct QuantizedActivation: Sendable {
    /// The name in the float network.
    public let name: String
    /// The name of the dequantized value in the quantized network.
    public let restoredName: String
    /// The node that produces it, as errors name it; `nil` for an input.
    public let node: String?
    /// The range to cover, including those of values with the same scale.
    public let range: ClosedRange<Double>
    /// The scale and zero point.
    public let scale: ActivationScale
    /// The source of the range.
    public internal(set) var origin = RangeOrigin.samples
    /// The histogram of the value's numbers; `nil` if none were observed.
    public internal(set) var histogram: RangeHistogram?
  }

  /// The histogram of the numbers of a value.
  public struct RangeHistogram: Sendable, Hashable {
    /// From the smallest to the largest number.
    public let range: ClosedRange<Double>
    /// The number of elements in each of equally wide parts of the range.
    public let counts: [Int]
  }

  /// The quantized weights of a node.
  public struct QuantizedWeights: Sendable {
    /// The node, as errors name it.
    public let node: String
    /// The number of weights.
    public let count: Int
    /// The signal-to-noise ratio of the rounded weights.
    public let quality: SignalQuality
  }

  /// The quantized model.
  public internal(set) var model: Model
  /// The quantized values in topological order.
  public internal(set) var activations: [QuantizedActivation]
  /// The quantized weights in topological order.
  public internal(set) var weights: [QuantizedWeights]
  /// The effect of each method, in the order of application.
  public internal(set) var steps: [QuantizationStep] = []
  /// The nodes that stay in float within the budget of the options.
  public internal(set) var floatNodes: [FloatNode] = []
  /// The layers whose rounding was not searched because of the limit.
  public internal(set) var unsearchedLayers: [String] = []
  /// The number of channels whose scale changed.
  public internal(set) var equalizedChannels = 0

  /// A node that stays in float.
  public struct FloatNode: Sendable, Hashable {
    /// The node, as errors name it.
    public let node: String
    /// The node's percentage of the network's multiplications.
    public let share: Double
    /// The signal-to-noise ratio at the outputs in dB, with this node and those before it in float.
    public let decibels: Double?
  }

  /// The number of nodes of the float network that compute with quantized numbers.
  public var operationCount: Int { plan.operations.count }

  /// The operations and values that were quantized.
  let plan: QuantizationPlan
  /// The float network to compare with.
  package let reference: Model
}
