/// The constant of a layer that differs, as its numbers say, or what it does to the layer's outputs.
public struct ConstantDifference: Sendable, Encodable {
  /// What differs.
  public enum Part: String, Sendable, Encodable {
    /// One number of a constant.
    case number
    /// What is added to an output channel.
    case offset
    /// A factor of an output channel.
    case scale
    /// An output channel, of which no more is known.
    case channel
  }

  /// What differs.
  public internal(set) var part: Part
  /// The constant's name in the first network; the weight's, where only the output channel is known.
  public internal(set) var name: String
  /// The node of the first network that reads it.
  public internal(set) var node: String
  /// The output channel; `nil` where the constant's numbers were compared themselves.
  public internal(set) var channel: Int?
  /// Where the number is in the first network's tensor; `nil` where it is not one number.
  public internal(set) var place: [Int]?
  /// What the first network has there; `nil` where it is not one number.
  public internal(set) var expected: Double?
  /// By how much it differs. An estimate, where it follows from outputs; of a factor, the part of it; `nil` where no more than the
  /// channel is known.
  public internal(set) var change: Double?
  /// How many standard errors an estimated change is away from none; of a channel, how many times it differs as much as the others.
  public internal(set) var significance: Double?
}
