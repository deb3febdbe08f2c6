/// A batch normalization that is not folded: why, what is computed in its place, what that costs, and whether it is right.
public struct StayingNormalization: Sendable, Encodable {
  /// What the mean and the variance are taken over.
  public enum Form: String, Sendable, Encodable {
    /// They are stored, one of each per feature map.
    case perFeatureMap
    /// They are stored, one of each per activation.
    case perActivation
    /// They come from each mini-batch, one of each per feature map.
    case training
    /// They come from each mini-batch, one of each per activation.
    case trainingPerActivation
  }

  /// What a session computes.
  public enum Computation: String, Sendable, Encodable {
    /// x · scale + shift, of which both were computed ahead.
    case scaleAndShift
    /// (x − μ) · (1 ÷ √(σ² + ε)) · γ + β.
    case definition
    /// The mini-batch's mean and variance, and then (x − μ) ÷ √(σ² + ε) · γ + β.
    case batchStatistics
    /// It is a part of what another operator computes, such as a convolution that parallel branches have become.
    case merged
    /// It is not known before a run: it lies in the body of an If or a Loop.
    case inBody
  }

  /// One result of the normalization against double precision.
  public struct Result: Sendable, Encodable {
    /// What it is, such as `Y` or `running mean`.
    public let name: String
    /// The elements that were compared, over all inputs.
    public internal(set) var elements = 0
    /// The largest error.
    public internal(set) var error = 0.0
    /// The largest magnitude of the truth.
    public internal(set) var largestMagnitude = 0.0
    /// Error ÷ bound, where that is largest: at most 1.
    public internal(set) var shareOfBound = 0.0
    /// The channel, or the activation, where it is largest.
    public internal(set) var channel = 0

    init(_ name: String) { self.name = name }
  }

  /// What it costs.
  public struct Cost: Sendable, Encodable {
    /// The numbers that it normalizes in a run with the last of the inputs.
    public internal(set) var elements = 0
    /// The multiplications of that run for it.
    public internal(set) var multiplications = 0
    /// The same as a share of all multiplications that the standard's definitions of the network's operators need.
    public internal(set) var shareOfMultiplications = 0.0
    /// What the steps take that do it, in nanoseconds; `nil` where times were not asked for.
    public internal(set) var nanoseconds: Int?
    /// The same as a share of a run.
    public internal(set) var shareOfTime: Double?
    /// Other nodes that the same steps do something for, so that the time is not its own alone.
    public internal(set) var sharedWith: [String] = []
  }

  /// The node, as errors call it.
  public internal(set) var node: String
  /// Why it is not folded.
  public internal(set) var reason: String
  /// What its statistics are.
  public internal(set) var form: Form
  /// What a session computes in its place.
  public internal(set) var computation: Computation
  /// The version of the operator.
  public internal(set) var opset: Int
  /// The numbers of a mini-batch that a mean is taken over, in training form, of the last of the inputs.
  public internal(set) var miniBatch: Int?
  /// Its results, of which the first is `Y`; empty where nothing is more exact, or could be looked at.
  public internal(set) var results: [Result] = []
  /// What it costs; `nil` without inputs.
  public internal(set) var cost: Cost?
  /// Whether the results are within their bounds.
  public internal(set) var passed = true
  /// What is wrong.
  public internal(set) var failure: String?
}

extension StayingNormalization {
  /// How close the results come to their bounds; `nil` where they were not compared.
  public var largestShare: Double? { results.map(\.shareOfBound).max() }
}

extension StayingNormalization: CustomStringConvertible {
  /// The node, and why it stays.
  public var description: String { "\(node) stays: \(reason)" }
}

extension StayingNormalization.Computation {
  /// What a session computes, as a sentence goes on behind "computed".
  public var words: String {
    switch self {
    case .scaleAndShift: "as x · scale + shift"
    case .definition: "by its definition, (x − μ) · (1 ÷ √(σ² + ε)) · γ + β"
    case .batchStatistics: "with the mean and the variance of each mini-batch"
    case .merged: "as a part of another operator"
    case .inBody: "in the body of another node"
    }
  }
}

extension StayingNormalization.Form {
  /// What the statistics are, in a few words.
  public var words: String {
    switch self {
    case .perFeatureMap: "stored, per feature map"
    case .perActivation: "stored, per activation"
    case .training: "of the mini-batch, per feature map"
    case .trainingPerActivation: "of the mini-batch, per activation"
    }
  }
}
