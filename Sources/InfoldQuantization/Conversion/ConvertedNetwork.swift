import InfoldGraph
import InfoldPasses

/// A network that `FloatConverter` has converted.
public struct ConvertedNetwork: Sendable {
  /// A value that exceeds half of the type's range, so the node that computes it keeps float32.
  public struct LargeValue: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The largest magnitude in the samples.
    public let largest: Double
  }

  /// A constant in the narrow type.
  public struct Constant: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The number of elements.
    public let count: Int
    /// The number of nonzero elements that became zero.
    public let vanished: Int
    /// The number of nonzero elements that became subnormal, with fewer significant bits.
    public let subnormal: Int
    /// The largest magnitude.
    public let largest: Double
  }

  /// The model.
  public let model: Model
  /// The number of nodes that compute in the narrow type.
  public let convertedNodes: Int
  /// The nodes that keep float32, with reasons.
  public let refusals: [PassResult.Entry]
  /// The values that exceed half of the type's range.
  public let largeValues: [LargeValue]
  /// The constants in the narrow type, by name.
  public let constants: [Constant]
}
