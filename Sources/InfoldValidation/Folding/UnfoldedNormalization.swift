/// A batch normalization that is not folded: the reason, what a session computes for it, the cost,
/// and whether the results are right.
public struct UnfoldedNormalization: Sendable, Encodable {
  /// The origin of the statistics.
  public enum Form: String, Sendable, Encodable {
    /// Running statistics, one mean and one variance per feature map.
    case perFeatureMap
    /// Running statistics, one mean and one variance per activation.
    case perActivation
    /// Batch statistics, one mean and one variance per feature map.
    case training
    /// Batch statistics, one mean and one variance per activation.
    case trainingPerActivation
  }

  /// How a session computes the normalization.
  public enum Computation: String, Sendable, Encodable {
    /// x · scale + shift, with scale and shift computed ahead of time.
    case scaleAndShift
    /// (x − μ) · (1 ÷ √(σ² + ε)) · γ + β.
    case definition
    /// The mean and variance of the mini-batch, then (x − μ) ÷ √(σ² + ε) · γ + β.
    case batchStatistics
    /// As a part of another operator, such as a convolution that replaces parallel branches.
    case merged
    /// Unknown before a run: the node is in the body of an If or a Loop.
    case inBody
  }

  /// One result of the normalization, compared with double precision.
  public struct Result: Sendable, Encodable {
    /// The name of the result, such as `Y` or `running mean`.
    public let name: String
    /// The number of elements that were compared, over all inputs.
    public internal(set) var elements = 0
    /// The largest error.
    public internal(set) var error = 0.0
    /// The largest magnitude of the ground truth.
    public internal(set) var largestMagnitude = 0.0
    /// The largest quotient of error and bound. At most 1 if the result is within its bounds.
    public internal(set) var shareOfBound = 0.0
    /// The channel, or the activation, with the largest quotient.
    public internal(set) var channel = 0

    init(_ name: String) { self.name = name }
  }

  /// The cost of the normalization.
  public struct Cost: Sendable, Encodable {
    /// The number of elements that it normalizes in a run on the last input.
    public internal(set) var elements = 0
    /// The number of multiplications that it takes in that run.
    public internal(set) var multiplications = 0
    /// Its share of the network's multiplications. These are the multiplications of all operators
    /// by the ONNX standard, and those of the normalizations that are not folded.
    public internal(set) var shareOfMultiplications = 0.0
    /// The time of the steps that compute it, in nanoseconds. `nil` if times were not measured.
    public internal(set) var nanoseconds: Int?
    /// The share of the time of a run.
    public internal(set) var shareOfTime: Double?
    /// The other nodes that the same steps compute, so that the time is not this node's alone.
    public internal(set) var sharedWith: [String] = []
  }

  /// The node's label in errors.
  public internal(set) var node: String
  /// The reason why it is not folded.
  public internal(set) var reason: String
  /// The origin of its statistics.
  public internal(set) var form: Form
  /// How a session computes it.
  public internal(set) var computation: Computation
  /// The opset of the node. 0 for a node in a body.
  public internal(set) var opset: Int
  /// For batch statistics, the number of values of the last input over which a mean is taken.
  public internal(set) var miniBatch: Int?
  /// Its results, beginning with `Y`. Empty for double precision, and for a node whose values are
  /// not traced.
  public internal(set) var results: [Result] = []
  /// Its cost. `nil` without inputs, and for a node whose values are not traced.
  public internal(set) var cost: Cost?
  /// Whether the results are within their bounds.
  public internal(set) var passed = true
  /// The failure, as a sentence.
  public internal(set) var failure: String?
}

extension UnfoldedNormalization {
  /// The largest quotient of error and bound over all results. `nil` if they were not compared.
  public var largestShare: Double? { results.map(\.shareOfBound).max() }
}

extension UnfoldedNormalization: CustomStringConvertible {
  /// The node, and why it is not folded.
  public var description: String { "\(node) is not folded: \(reason)" }
}

extension UnfoldedNormalization.Computation {
  /// The computation as a phrase that follows "computed".
  public var words: String {
    switch self {
    case .scaleAndShift: "as x · scale + shift"
    case .definition: "by its definition, (x − μ) · (1 ÷ √(σ² + ε)) · γ + β"
    case .batchStatistics: "with the mean and variance of each mini-batch"
    case .merged: "as part of another operator"
    case .inBody: "in the body of another node"
    }
  }
}

extension UnfoldedNormalization.Form {
  /// The origin of the statistics, in a few words.
  public var words: String {
    switch self {
    case .perFeatureMap: "stored, per feature map"
    case .perActivation: "stored, per activation"
    case .training: "of the mini-batch, per feature map"
    case .trainingPerActivation: "of the mini-batch, per activation"
    }
  }
}
