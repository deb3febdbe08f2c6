/// What is wrong with the constants of a layer, as the differences of its outputs tell.
struct LayerDifference: Sendable {
  /// What of the layer it is.
  enum Part: Sendable {
    /// One weight, by its place in the row of its output channel.
    case weight(term: Int)
    /// What is added to an output channel.
    case offset
    /// A factor of all numbers of an output channel.
    case scale
    /// An output channel, without more being known.
    case channel
  }

  let part: Part
  let channel: Int
  /// By how much the weight or the offset is larger than in the first network; of a factor, by what part.
  let change: Double
  /// How often as large as its standard error.
  let significance: Double

  /// Whether it is one weight.
  var isNumber: Bool {
    if case .weight = part { true } else { false }
  }
}
