import InfoldRuntime

/// What is found of the network that a session runs, behind all of its passes and by its kernels, in one precision.
public struct SessionReport: Sendable, Encodable {
  /// The precision, as `SessionOptions.Precision` has it.
  public internal(set) var precision: String
  /// Whether every value and every output is within its bounds.
  public internal(set) var passed = true
  /// What is wrong.
  public internal(set) var failures: [String] = []
  /// What is worth knowing and no failure.
  public internal(set) var remarks: [String] = []
  /// The nodes of the original, and of the network behind the passes.
  public internal(set) var nodes = 0, plannedNodes = 0
  /// The values that were compared, in the order of the network: those that the session has as well as the original.
  public internal(set) var layers: [Layer] = []
  /// The outputs.
  public internal(set) var outputs: [Output] = []

  /// A value of the original that the session has as well.
  public struct Layer: Sendable, Encodable {
    /// The value's name.
    public internal(set) var value: String
    /// The node of the original that makes it, as errors call it.
    public internal(set) var node: String
    /// The operators of the session's step that makes it, like `Conv+Relu`; `nil` where it is not handed from step to step.
    public internal(set) var operation: String?
    /// How the step does them.
    public internal(set) var algorithm: String?
    /// What the passes did, in double precision: the largest quotient of distance and bound, where only constants were rounded.
    public internal(set) var passes: Distance?
    /// What the kernels did, in the session's own arithmetic.
    public internal(set) var kernels: Distance?
  }

  /// How far a value is from what the original makes, in double precision, of the session's own values before it.
  public struct Distance: Sendable, Encodable {
    /// The elements that were compared.
    public internal(set) var elements = 0
    /// Those of which the error analysis knows nothing, such as an index that may be another one.
    public internal(set) var unknown = 0
    /// The largest distance.
    public internal(set) var error = 0.0
    /// The largest distance as a share of the largest magnitude.
    public internal(set) var relativeError = 0.0
    /// The largest magnitude.
    public internal(set) var largestMagnitude = 0.0
    /// Distance ÷ bound, where that is largest: at most 1.
    public internal(set) var shareOfBound = 0.0
    /// The largest bound.
    public internal(set) var bound = 0.0
    /// The elements beyond their bounds.
    public internal(set) var beyond = 0
  }

  /// How far an output of the session is from the original in double precision, from the inputs on.
  public struct Output: Sendable, Encodable {
    /// The name.
    public internal(set) var name: String
    /// The largest distance.
    public internal(set) var error = 0.0
    /// The largest distance as a share of the largest magnitude.
    public internal(set) var relativeError = 0.0
    /// The largest magnitude.
    public internal(set) var largestMagnitude = 0.0
    /// The elements that differ where they are no floating-point numbers.
    public internal(set) var differingElements = 0
  }

  init(_ precision: SessionOptions.Precision) {
    self.precision = precision.rawValue
  }

  /// The layer whose kernels come closest to their bound, as its place in `layers`; `nil` where none was compared.
  public var tightestLayer: Int? {
    layers.indices.filter { layers[$0].kernels != nil }
      .max { layers[$0].kernels!.shareOfBound < layers[$1].kernels!.shareOfBound }
  }
}

extension SessionReport: CustomStringConvertible {
  /// One line: the precision, how much was compared, and whether that is right.
  public var description: String {
    let share = layers.reduce(0) { max($0, $1.kernels?.shareOfBound ?? 0) }
    return "precision \(precision): \(passed ? "passed" : "failed"), \(layers.count) values compared, at most "
      + "\(Int((min(share, 1e6) * 100).rounded())) % of a bound"
  }
}

extension SessionReport.Distance {
  /// Takes in what another sample has shown.
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
