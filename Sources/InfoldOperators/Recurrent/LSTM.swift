import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX LSTM, opsets 1, 7, 14, 22: long short-term memory, forward, reverse or bidirectional.
///
/// The inputs are those of every recurrent operator (X, W, R, B, sequence_lens, initial_h),
/// initial_c, and the optional peephole weights P [D, 3 · H] from the cell to the gates i, o and f.
/// The outputs are Y, Y_h and Y_c. The gates in W and R are i, o, f and c: i, f and o = f(Xt·Wᵀ +
/// Ht₋₁·Rᵀ + P ⊙ C + B), with Ct₋₁ for i and f, and Ct for o; C̃ = g(Xt·Wᵀ + Ht₋₁·Rᵀ + B); Ct = f ⊙
/// Ct₋₁ + i ⊙ C̃; Ht = o ⊙ h(Ct). With `input_forget`, f is 1 − i. The arguments of activations are
/// clipped to ±`clip`.
package struct LSTM: RecurrentOperator {
  package static let name = "LSTM"
  package static let versions = [1, 7, 14, 22]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...8, outputs: 0...3) }

  static let gateCount = 4
  static let stateCount = 2
  package let layer: RecurrentLayer
  /// Whether the forget gate is 1 minus the input gate.
  package let couplesGates: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    try self.init(common: &attributes)
    // Whether Y is wanted, which also follows from the node's outputs.
    if attributes.version < 7 { _ = try attributes.flag("output_sequence") }
  }

  /// Reads the attributes of all versions.
  init(common attributes: inout AttributeReader) throws(InfoldError) {
    layer = try RecurrentLayer(&attributes, activations: [.sigmoid, .tanh, .tanh])
    couplesGates = try attributes.flag("input_forget")
  }

  func advance<Element: FloatingPointElement>(
    _ state: inout RecurrentState<Element>, _ x: ArraySlice<Element>, _ weights: RecurrentWeights<Element>,
    _ activations: [RecurrentActivation]
  ) {
    let size = weights.hiddenSize
    func gate(_ gate: Int, _ unit: Int, cell: [Element]? = nil) -> Element {
      let sum =
        weights.fromInput(x, gate: gate, unit: unit) + weights.fromState(state.hidden, gate: gate, unit: unit)
      guard let cell, !weights.peepholes.isEmpty else { return sum }
      return sum + weights.peepholes[gate * size + unit] * cell[unit]
    }
    let (f, g, h) = (activations[0], activations[1], activations[2])
    var cell = state.cell
    for unit in 0..<size {
      let input = f(gate(0, unit, cell: state.cell))
      let forget = couplesGates ? 1 - input : f(gate(2, unit, cell: state.cell))
      cell[unit] = forget * state.cell[unit] + input * g(gate(3, unit))
    }
    let hidden = (0..<size).map { unit in f(gate(1, unit, cell: cell)) * h(cell[unit]) }
    state = RecurrentState(hidden: hidden, cell: cell)
  }
}
