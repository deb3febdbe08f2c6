/// A constant of a layer that differs, found by comparing its elements or by its effect on the
/// layer's outputs.
public struct ConstantDifference: Sendable, Encodable {
  /// What differs: one element, or the effect on an output channel.
  public enum Part: String, Sendable, Encodable {
    /// One element of a constant.
    case number
    /// The offset of an output channel, such as a bias.
    case offset
    /// A factor of an output channel.
    case scale
    /// An output channel. Nothing more specific is known.
    case channel
  }

  /// What differs: one element, or the effect on an output channel.
  public internal(set) var part: Part
  /// The constant's name in the first network. It is the name of the weight if only the output
  /// channel is known.
  public internal(set) var name: String
  /// The node of the first network that reads it.
  public internal(set) var node: String
  /// The output channel; `nil` if the elements of the constant were compared directly.
  public internal(set) var channel: Int?
  /// The position of the element in the first network's tensor; `nil` if the difference is not a
  /// single element.
  public internal(set) var place: [Int]?
  /// The element in the first network; `nil` if the difference is not a single element.
  public internal(set) var expected: Double?
  /// The second network's element minus `expected`, or an estimate of it that is derived from
  /// outputs. For a factor, the relative change. `nil` if only the channel is known.
  public internal(set) var change: Double?
  /// The number of standard errors between an estimated change and zero. For a channel, the ratio
  /// of its shift to that of the other channels.
  public internal(set) var significance: Double?
}
