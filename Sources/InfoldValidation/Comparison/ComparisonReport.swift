import InfoldTensor

/// What `ModelComparison` finds.
public struct ComparisonReport: Sendable, Encodable {
  /// Whether both networks compute the same, but for what rounding explains.
  public internal(set) var equal = true
  /// The first value that differs by more, in the order of the nodes; `nil` where there is none.
  public internal(set) var first: Difference?
  /// Further values that differ by more from what the first network makes of the second one's own values before them.
  public internal(set) var others: [Difference] = []
  /// The outputs, in the order of the first network.
  public internal(set) var outputs: [OutputDifference] = []
  /// What is worth knowing and no difference: channels in another order, scales that moved, names that mean something else.
  public internal(set) var notes: [String] = []
  /// The samples that both were run on.
  public internal(set) var inputs: [String] = []
  /// The file of the first model, where it was read from one.
  public internal(set) var model: String?
  /// The file of the second model, where it was read from one.
  public internal(set) var other: String?
  /// How many values were compared, and how they were found.
  public internal(set) var values = Values()

  /// How many values both networks have.
  public struct Values: Sendable, Encodable {
    /// Those of the first network that depend on its inputs.
    public internal(set) var total = 0
    /// Of these, the ones that were compared.
    public internal(set) var compared = 0
    /// Of these, the ones that were found by their names.
    public internal(set) var byName = 0
    /// Those that were found by what they hold.
    public internal(set) var byContent = 0
    /// Those that were found by their places in the graphs.
    public internal(set) var byPlace = 0
  }

  /// A value that differs by more than rounding explains.
  public struct Difference: Sendable, Encodable {
    /// The node of the second network that makes it.
    public internal(set) var node: String
    /// Its name in the second network.
    public internal(set) var value: String
    /// The largest difference from what the first network makes of the second one's values before it; infinite where the value has
    /// another number of elements.
    public internal(set) var difference: Double
    /// What rounding explains there.
    public internal(set) var allowed: Double
    /// The largest magnitude that is expected.
    public internal(set) var largest: Double
    /// The element with the largest difference.
    public internal(set) var place: [Int]
    /// How many elements differ by more than rounding explains.
    public internal(set) var elements: Int
    /// The node of the first network that makes the value.
    public internal(set) var matchedNode: String
    /// The value's name in the first network.
    public internal(set) var matchedValue: String
    /// The sample in which it was found.
    public internal(set) var sample: String
    /// The fewest nodes of the second network between the value and each output that it reaches.
    public internal(set) var paths: [Path]
  }

  /// The way from a value to an output.
  public struct Path: Sendable, Encodable {
    /// The output.
    public internal(set) var output: String
    /// The nodes on the way, without the one that makes the value.
    public internal(set) var nodes: [String]
  }

  private enum CodingKeys: CodingKey {
    case equal, first, others, outputs, notes, inputs, model, other, values
  }

  /// Encodes the report; `first` is null where nothing differs.
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

/// How far an output of two networks is from one another, over all samples.
public struct OutputDifference: Sendable, Encodable {
  /// Its name in the first network.
  public internal(set) var name: String
  /// The number of elements that were compared.
  public internal(set) var elements = 0
  /// The largest difference of two elements; infinite where there is another number of them.
  public internal(set) var largestDifference = 0.0
  /// The largest magnitude in the first network.
  public internal(set) var largestMagnitude = 0.0
  /// The largest difference as a part of the largest magnitude.
  public internal(set) var relativeDifference = 0.0
  /// The smallest cosine of the angle between both, of all samples; `nil` where there is none.
  public internal(set) var cosine: Double?
  /// Of an output of scores, the rows whose largest element is the same one, and all rows.
  public internal(set) var classes: Classes?

  /// How often the best class stays.
  public struct Classes: Sendable, Encodable {
    /// The rows with the same best class.
    public internal(set) var same = 0
    /// All rows.
    public internal(set) var rows = 0
  }
}
