import InfoldGraph

/// A network in QDQ form, and what became of its values and weights.
package struct QuantizedNetwork: Sendable {
  /// A value that is quantized.
  package struct QuantizedActivation: Sendable {
    /// What the float network calls it.
    package let name: String
    /// What the quantized network calls it once it is a float again.
    package let restoredName: String
    /// The node that makes it, as errors call it; `nil` for an input.
    package let node: String?
    /// What was seen, or is to be covered.
    package let range: ClosedRange<Double>
    /// What its numbers mean.
    package let scale: ActivationScale
  }

  /// The weights of a node.
  package struct QuantizedWeights: Sendable {
    /// The node, as errors call it.
    package let node: String
    /// How many they are.
    package let count: Int
    /// What rounding changed about them.
    package let quality: SignalQuality
  }

  /// The network.
  package internal(set) var model: Model
  /// In the order in which they are made.
  package internal(set) var activations: [QuantizedActivation]
  /// In topological order.
  package internal(set) var weights: [QuantizedWeights]
}
