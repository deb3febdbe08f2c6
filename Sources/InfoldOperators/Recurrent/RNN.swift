import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX RNN, opsets 1, 7, 14, 22: Ht = f(Xt·Wᵀ + Ht₋₁·Rᵀ + B), forward, reverse or bidirectional.
///
/// The inputs are those of every recurrent operator (X, W, R, B, sequence_lens, initial_h); the
/// outputs are Y and Y_h. The arguments of activations are clipped to ±`clip`.
package struct RNN: RecurrentOperator {
  package static let name = "RNN"
  package static let versions = [1, 7, 14, 22]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...6, outputs: 0...2) }

  static let gateCount = 1
  package let layer: RecurrentLayer

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    layer = try RecurrentLayer(&attributes, activations: [.tanh])
    // Whether Y is wanted, which also follows from the node's outputs.
    if attributes.version < 7 { _ = try attributes.flag("output_sequence") }
  }

  func advance<Element: FloatingPointElement>(
    _ state: inout RecurrentState<Element>, _ x: ArraySlice<Element>, _ weights: RecurrentWeights<Element>,
    _ activations: [RecurrentActivation]
  ) {
    let hidden = state.hidden
    state.hidden = hidden.indices.map { unit in
      activations[0](weights.fromInput(x, gate: 0, unit: unit) + weights.fromState(hidden, gate: 0, unit: unit))
    }
  }
}
