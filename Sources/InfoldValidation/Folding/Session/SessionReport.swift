import InfoldRuntime

/// The results for the network that a session runs in one precision, after all passes and with its
/// kernels.
public struct SessionReport: Sendable, Encodable {
  /// The precision, as in `SessionOptions.Precision`.
  public internal(set) var precision: String
  /// Whether every value and every output is within its bounds.
  public internal(set) var passed = true
  /// The failures, as sentences.
  public internal(set) var failures: [String] = []
  /// Notes that are not failures.
  public internal(set) var notes: [String] = []
  /// The number of nodes of the original, and of the network after the passes.
  public internal(set) var nodes = 0, plannedNodes = 0
  /// The values that both the session and the original have, in the order of the network.
  public internal(set) var layers: [Layer] = []
  /// The outputs.
  public internal(set) var outputs: [Output] = []

  /// A value that both the session and the original have.
  public struct Layer: Sendable, Encodable {
    /// The value's name.
    public internal(set) var value: String
    /// The label of the original's node that writes it.
    public internal(set) var node: String
    /// The operators of the session's step that writes it, such as `Conv+Relu`. `nil` if it is not
    /// passed between steps.
    public internal(set) var operation: String?
    /// The algorithm of the step.
    public internal(set) var algorithm: String?
    /// The effect of the passes in double precision, where only constants are rounded.
    public internal(set) var passes: Distance?
    /// The effect of the kernels in the session's own arithmetic.
    public internal(set) var kernels: Distance?
  }

  /// The distance between a value and the result that the original computes in double precision
  /// from the session's own earlier values.
  public struct Distance: Sendable, Encodable {
    /// The number of elements that were compared.
    public internal(set) var elements = 0
    /// The number of elements without an error bound, such as those that depend on an index that
    /// rounding may change.
    public internal(set) var unknown = 0
    /// The largest distance.
    public internal(set) var error = 0.0
    /// The largest distance, relative to the largest magnitude.
    public internal(set) var relativeError = 0.0
    /// The largest magnitude.
    public internal(set) var largestMagnitude = 0.0
    /// The largest quotient of distance and bound. At most 1 if the value is within its bounds.
    public internal(set) var shareOfBound = 0.0
    /// The largest bound.
    public internal(set) var bound = 0.0
    /// The number of elements beyond their bounds.
    public internal(set) var beyond = 0
  }

  /// The distance between an output of the session and that of the original in double precision,
  /// both computed from the inputs of the model.
  public struct Output: Sendable, Encodable {
    /// The name.
    public internal(set) var name: String
    /// The largest distance.
    public internal(set) var error = 0.0
    /// The largest distance, relative to the largest magnitude.
    public internal(set) var relativeError = 0.0
    /// The largest magnitude.
    public internal(set) var largestMagnitude = 0.0
    /// The number of elements that differ, for outputs that are not floating point.
    public internal(set) var differingElements = 0
    /// For an output of class scores, the numbers of rows whose best classes agree with those of
    /// double precision.
    public internal(set) var classes: OutputDifference.Classes?
  }

  init(_ precision: SessionOptions.Precision) {
    self.precision = precision.rawValue
  }

  /// The index in `layers` of the layer whose kernels have the largest error, relative to its largest
  /// magnitude. `nil` if no layer was compared.
  public var leastAccurateLayer: Int? {
    layers.indices.filter { layers[$0].kernels != nil }
      .max { layers[$0].kernels!.relativeError < layers[$1].kernels!.relativeError }
  }

  /// The index in `layers` of the layer whose kernels come closest to their bound. `nil` if no
  /// layer was compared.
  public var tightestLayer: Int? {
    layers.indices.filter { layers[$0].kernels != nil }
      .max { layers[$0].kernels!.shareOfBound < layers[$1].kernels!.shareOfBound }
  }
}

extension SessionReport: CustomStringConvertible {
  /// One line: the precision, the number of compared values, and whether they are within their
  /// bounds.
  public var description: String {
    let share = layers.reduce(0) { max($0, $1.kernels?.shareOfBound ?? 0) }
    return "precision \(precision): \(passed ? "passed" : "failed"), \(layers.count) values compared, at most "
      + "\(Int((min(share, 1e6) * 100).rounded())) % of a bound"
  }
}

extension SessionReport.Distance {
  /// Adds the results of another sample.
  mutating func add(_ layer: LayerWalk.Layer) {
    elements += layer.compared
    unknown += layer.unknown
    error = max(error, layer.error)
    largestMagnitude = max(largestMagnitude, layer.largest)
    relativeError = error == 0 ? 0 : error / largestMagnitude
    shareOfBound = max(shareOfBound, layer.share)
    bound = max(bound, layer.bound)
    beyond += layer.beyond
  }
}
