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
    /// What its range was found with.
    public internal(set) var origin = RangeOrigin.samples
    /// How often its numbers came up; `nil` where none was seen.
    public internal(set) var histogram: RangeHistogram?
  }

  /// How often the numbers of a value came up.
  public struct RangeHistogram: Sendable, Hashable {
    /// From the least to the greatest of them.
    public let range: ClosedRange<Double>
    /// How many were in each part of the range; all parts are equally wide.
    public let counts: [Int]
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
  /// What each method brought, in the order in which they were tried.
  public internal(set) var steps: [QuantizationStep] = []
  /// The nodes that stay in floats because the outputs gain most by them, with their share of the multiplications.
  public internal(set) var floatNodes: [FloatNode] = []
  /// The layers whose rounding would have been searched within a larger limit.
  public internal(set) var unsearchedLayers: [String] = []
  /// The channels whose scale was changed.
  public internal(set) var equalizedChannels = 0

  /// A node that stays in floats.
  public struct FloatNode: Sendable, Hashable {
    /// The node, as errors call it.
    public let node: String
    /// The percentage of the network's multiplications that it has.
    public let share: Double
    /// The signal-to-noise ratio at the outputs, in dB, with this node and those before it in floats.
    public let decibels: Double?
  }

  /// The nodes of the float network that compute with quantized numbers.
  public var operationCount: Int { plan.operations.count }

  /// What was quantized.
  let plan: QuantizationPlan
  /// The float network whose values these stand for.
  package let reference: Model
}
