import InfoldTensor

/// The result of a `ModelComparison`.
public struct ComparisonReport: Sendable, Encodable {
  /// Whether both networks compute the same values, up to rounding errors.
  public internal(set) var equal = true
  /// The first value, in node order, that differs by more than rounding errors; `nil` if there is
  /// none.
  public internal(set) var first: Difference?
  /// Other values that differ by more than rounding errors from what the first network computes
  /// from the second network's own operands.
  public internal(set) var others: [Difference] = []
  /// The outputs, in the order of the first network.
  public internal(set) var outputs: [OutputDifference] = []
  /// Observations that are not differences: permuted channels, scales that moved to another layer,
  /// and equal names of unrelated values.
  public internal(set) var notes: [String] = []
  /// The names of the samples that both networks ran on.
  public internal(set) var inputs: [String] = []
  /// The file of the first model, if it was read from one.
  public internal(set) var model: String?
  /// The file of the second model, if it was read from one.
  public internal(set) var other: String?
  /// The number of compared values, and how they were matched.
  public internal(set) var values = Values()
  /// The deviation of each value from its expected value, in the node order of the first network.
  /// It is not part of the JSON report.
  public internal(set) var steps: [Step] = []

  /// The deviation of a value of the second network from what the first network computes from the
  /// second network's own operands.
  public struct Step: Sendable {
    /// The value's name in the first network.
    public internal(set) var value: String
    /// The value's name in the second network.
    public internal(set) var other: String
    /// The largest difference, divided by the largest magnitude.
    public internal(set) var difference: Double
    /// The largest error bound of an element, divided by the largest magnitude.
    public internal(set) var allowed: Double
    /// The largest ratio of an element's difference to its error bound.
    public internal(set) var share: Double
  }

  /// The numbers of values in a comparison.
  public struct Values: Sendable, Encodable {
    /// The values of the first network that depend on its inputs.
    public internal(set) var total = 0
    /// The values that were compared.
    public internal(set) var compared = 0
    /// The values that were matched by name.
    public internal(set) var byName = 0
    /// The values that were matched by content.
    public internal(set) var byContent = 0
    /// The values that were matched by their position in the graphs.
    public internal(set) var byPlace = 0
  }

  /// A value that differs by more than rounding errors.
  public struct Difference: Sendable, Encodable {
    /// The node of the second network that computes the value.
    public internal(set) var node: String
    /// The value's name in the second network.
    public internal(set) var value: String
    /// The largest difference from what the first network computes from the second network's own
    /// operands. It is infinite if the numbers of elements differ.
    public internal(set) var difference: Double
    /// The error bound of the element with the largest difference.
    public internal(set) var allowed: Double
    /// The largest magnitude of an expected element.
    public internal(set) var largest: Double
    /// The position of the element with the largest difference.
    public internal(set) var place: [Int]
    /// The number of elements that differ by more than their error bounds.
    public internal(set) var elements: Int
    /// The node of the first network that computes the value.
    public internal(set) var matchedNode: String
    /// The value's name in the first network.
    public internal(set) var matchedValue: String
    /// The constant that causes the difference, if it is known.
    public internal(set) var constant: ConstantDifference?
    /// The sample in which the difference was found.
    public internal(set) var sample: String
    /// A shortest path of nodes of the second network from the value to each output that depends on
    /// it.
    public internal(set) var paths: [Path]
  }

  /// A path from a value to an output.
  public struct Path: Sendable, Encodable {
    /// The name of the output.
    public internal(set) var output: String
    /// The nodes on the path, without the one that computes the value.
    public internal(set) var nodes: [String]
  }

  private enum CodingKeys: CodingKey {
    case equal, first, others, outputs, notes, inputs, model, other, values
  }

  /// Encodes the report. `first` is null if nothing differs.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(equal, forKey: .equal)
    try container.encode(first, forKey: .first)
    try container.encode(others, forKey: .others)
    try container.encode(outputs, forKey: .outputs)
    try container.encode(notes, forKey: .notes)
    try container.encode(inputs, forKey: .inputs)
    try container.encodeIfPresent(model, forKey: .model)
    try container.encodeIfPresent(other, forKey: .other)
    try container.encode(values, forKey: .values)
  }
}
