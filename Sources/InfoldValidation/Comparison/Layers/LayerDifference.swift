/// A difference in a layer's constants, derived from differences of the layer's outputs.
struct LayerDifference: Sendable {
  /// The part of the layer that differs.
  enum Part: Sendable {
    /// One weight, by its index in the row of its output channel.
    case weight(term: Int)
    /// The offset of an output channel, such as a bias.
    case offset
    /// A factor of all elements of an output channel.
    case scale
    /// An output channel. Nothing more specific is known.
    case channel
  }

  let part: Part
  let channel: Int
  /// The second network's weight or offset minus that of the first one. For a factor, the relative
  /// change.
  let change: Double
  /// The ratio of the change to its standard error.
  let significance: Double

  /// Whether a single weight differs.
  var isNumber: Bool {
    if case .weight = part { true } else { false }
  }
}
