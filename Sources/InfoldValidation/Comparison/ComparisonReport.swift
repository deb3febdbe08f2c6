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
  /// How far each value is from what is expected, in the order of the first network's nodes; not part of the JSON text.
  public internal(set) var steps: [Step] = []

  /// How far a value of the second network is from what the first one makes of the second one's values before it.
  public struct Step: Sendable {
    /// The value's name in the first network.
    public internal(set) var value: String
    /// Its name in the second one.
    public internal(set) var other: String
    /// The largest difference, as a part of the largest magnitude.
    public internal(set) var difference: Double
    /// The most that rounding explains for an element, as a part of the largest magnitude.
    public internal(set) var allowed: Double
    /// The largest of the elements' differences as parts of what rounding explains for them.
    public internal(set) var share: Double
  }

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
    /// The constant that the difference comes from, where that is known.
    public internal(set) var constant: ConstantDifference?
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
