import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX GRU, opsets 1, 3, 7, 14, 22: gated recurrent units, forward, reverse or bidirectional.
///
/// The inputs are those of every recurrent operator (X, W, R, B, sequence_lens, initial_h); the
/// outputs are Y and Y_h. The gates in W and R are z, r and h: z and r = f(Xt·Wᵀ + Ht₋₁·Rᵀ + B);
/// h = g(Xt·Wᵀ + (r ⊙ Ht₋₁)·Rᵀ + B), or g(Xt·Wᵀ + Wb + r ⊙ (Ht₋₁·Rᵀ + Rb)) with
/// `linear_before_reset` (opset 3); Ht = (1 − z) ⊙ h + z ⊙ Ht₋₁. The arguments of activations are
/// clipped to ±`clip`.
package struct GRU: RecurrentOperator {
  package static let name = "GRU"
  package static let versions = [1, 3, 7, 14, 22]
  package static func arity(since version: Int) -> Arity {
    Arity(inputs: 3...6, outputs: version < 3 ? 2...2 : 0...2)
  }

  static let gateCount = 3
  package let layer: RecurrentLayer
  /// Whether gate r multiplies the product of the state rather than the state itself
  /// (`linear_before_reset`).
  package let resetsAfterProduct: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    layer = try RecurrentLayer(&attributes, activations: [.sigmoid, .tanh])
    resetsAfterProduct = attributes.version < 3 ? false : try attributes.flag("linear_before_reset")
    // Whether Y is wanted, which also follows from the node's outputs.
    if attributes.version < 7 { _ = try attributes.flag("output_sequence") }
  }

  func advance<Element: FloatingPointElement>(
    _ state: inout RecurrentState<Element>, _ x: ArraySlice<Element>, _ weights: RecurrentWeights<Element>,
    _ activations: [RecurrentActivation]
  ) {
    let units = 0..<weights.hiddenSize
    let hidden = state.hidden
    func gate(_ gate: Int) -> [Element] {
      units.map { unit in
        activations[0](
          weights.fromInput(x, gate: gate, unit: unit) + weights.fromState(hidden, gate: gate, unit: unit))
      }
    }
    let update = gate(0), reset = gate(1)
    let past = resetsAfterProduct ? hidden : units.map { reset[$0] * hidden[$0] }
    state.hidden = units.map { unit in
      let fromState = weights.fromState(past, gate: 2, unit: unit)
      let argument =
        weights.fromInput(x, gate: 2, unit: unit) + (resetsAfterProduct ? reset[unit] * fromState : fromState)
      return (1 - update[unit]) * activations[1](argument) + update[unit] * hidden[unit]
    }
  }
}
