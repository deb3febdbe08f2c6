import InfoldKernelInterface

/// The recurrence of a recurrent operator: it computes the next state from the current state and
/// the input at a position.
protocol RecurrentCell: Sendable {
  /// The number of gates, whose weights are stacked.
  static var gateCount: Int { get }
  /// The number of states passed from position to position: the hidden state, and the cell state of
  /// LSTM.
  static var stateCount: Int { get }
  /// The groups of gates whose weights are multiplied by the state in one product.
  var products: [Range<Int>] { get }
  /// Whether the bias of the state's product is added to that of the input's.
  var joinsBiases: Bool { get }
  /// The scratch memory for each sequence, in multiples of the hidden size.
  var scratchUnits: Int { get }
  /// Whether hidden units can be computed independently within a position.
  var hasIndependentUnits: Bool { get }

  /// Advances the states by one position. The contents of the gates are overwritten.
  func advance(_ position: RecurrentPosition, in runState: RunState)
}

/// Some sequences at one position and in one direction, with the memory for their computation.
struct RecurrentPosition {
  /// The rows of the states.
  let rows: KernelRows
  /// The hidden units to compute: all of them, or, for a cell with independent units, a range that
  /// begins at a panel of weights.
  let units: Range<Int>
  /// The input's contribution to the gates, which are contiguous.
  let gates: RowPlace
  /// The previous hidden state.
  let hidden: RowPlace
  /// The memory for the new hidden state, which may be the same.
  let result: RowPlace
  /// The cell state of LSTM, which is updated.
  let cell: RowPlace
  /// Scratch memory.
  let scratch: RowPlace
  let direction: Int
  let product: RecurrentProduct

  /// Returns the columns of this number of gates.
  func columns(_ gates: Int) -> GateColumns { GateColumns(gates, size: rows.width, units: units) }
}

/// RNN: H = f(gate).
struct RNNCell: RecurrentCell {
  static let gateCount = 1
  static let stateCount = 1
  let products = [0..<1]
  let joinsBiases = true
  let scratchUnits = 0
  let hasIndependentUnits = true

  let weights: [RecurrentWeights]
  /// The activation f of each direction.
  let activations: [[GateFunction]]

  func advance(_ position: RecurrentPosition, in runState: RunState) {
    let (rows, units, gates) = (position.rows, position.units, position.gates)
    position.product.multiply(
      position.hidden, inner: rows.width, by: weights[position.direction].state[0], to: gates, rows: rows.count,
      position.columns(1), plus: gates)
    rows.withWidth(units.count).apply(
      activations[position.direction][0], gates + units.lowerBound, to: position.result + units.lowerBound)
  }
}

/// GRU: H = (1 − z) ⊙ g(candidate) + z ⊙ H, with f of the gates z and r.
struct GRUCell: RecurrentCell {
  static let gateCount = 3
  static let stateCount = 1

  let weights: [RecurrentWeights]
  /// The activations f and g of each direction.
  let activations: [[GateFunction]]
  /// Whether the activations are those of the kernel for all gates.
  private let isStandard: Bool
  /// Whether r multiplies the product of the state rather than the state.
  let resetsAfterProduct: Bool

  init(weights: [RecurrentWeights], activations: [[GateFunction]], resetsAfterProduct: Bool) {
    self.weights = weights
    self.activations = activations
    self.resetsAfterProduct = resetsAfterProduct
    isStandard = activations.allSatisfy { $0.map(\.plain) == [.sigmoid, .tanh] }
  }

  var products: [Range<Int>] { resetsAfterProduct ? [0..<3] : [0..<2, 2..<3] }
  var joinsBiases: Bool { !resetsAfterProduct }
  var scratchUnits: Int { resetsAfterProduct ? 3 : 0 }
  var hasIndependentUnits: Bool { isStandard && resetsAfterProduct }

  func advance(_ position: RecurrentPosition, in runState: RunState) {
    let (rows, gates, hidden) = (position.rows, position.gates, position.hidden)
    let size = rows.width
    let weights = weights[position.direction], activations = activations[position.direction]
    let (update, reset, candidate) = (gates, gates + size, gates + 2 * size)
    let both = rows.withWidth(2 * size)
    if resetsAfterProduct {
      let products = position.scratch
      position.product.multiply(
        hidden, inner: size, by: weights.state[0], to: products, rows: rows.count, position.columns(3),
        bias: weights.stateBias.map { UnsafePointer(runState.pointer($0)) })
      if isStandard { return finish(position, products: products) }
      both.apply(.add, gates, products, to: gates)
      both.apply(activations[0], gates, to: gates)
      rows.apply(.multiply, reset, products + 2 * size, to: reset)
      rows.apply(.add, candidate, reset, to: candidate)
    } else {
      position.product.multiply(
        hidden, inner: size, by: weights.state[0], to: gates, rows: rows.count, position.columns(2), plus: gates)
      if isStandard {
        rows.apply(activations[0], reset, to: reset)
      } else {
        both.apply(activations[0], gates, to: gates)
      }
      rows.apply(.multiply, reset, hidden, to: reset)
      position.product.multiply(
        reset, inner: size, by: weights.state[1], to: candidate, rows: rows.count, position.columns(1),
        plus: candidate)
      if isStandard { return finish(position, products: nil) }
    }
    rows.apply(activations[1], candidate, to: candidate)
    rows.scaleShift(update, by: -1, plus: 1, to: reset)
    rows.apply(.multiply, reset, candidate, to: candidate)
    rows.apply(.multiply, update, hidden, to: update)
    rows.apply(.add, candidate, update, to: position.result)
  }

  /// Completes the update with a single kernel.
  private func finish(_ position: RecurrentPosition, products: RowPlace?) {
    let (rows, units) = (position.rows, position.units), first = units.lowerBound
    rows.kernels.updateGates(
      UpdateGateArguments(
        gates: position.gates.base + first, gateStride: position.gates.stride, gateDistance: rows.width,
        products: products.map { UnsafePointer($0.base + first) }, productStride: products?.stride ?? 0,
        hidden: position.hidden.base + first, hiddenStride: position.hidden.stride,
        result: position.result.base + first, resultStride: position.result.stride, size: units.count),
      rows: 0..<rows.count)
  }
}

/// LSTM: C = f(forget) ⊙ C + f(input) ⊙ g(candidate), and H = f(output) ⊙ h(C).
struct LSTMCell: RecurrentCell {
  static let gateCount = 4
  static let stateCount = 2
  let products = [0..<4]
  let joinsBiases = true

  let weights: [RecurrentWeights]
  /// The activations f, g and h of each direction.
  let activations: [[GateFunction]]
  /// Whether f(forget) is 1 − f(input).
  let couplesGates: Bool
  /// The weights from the cell state to the input, output and forget gates, for each direction;
  /// `nil` for none.
  let peepholes: Location?
  /// Whether the gates are those of the kernel for all gates.
  private let isStandard: Bool

  init(weights: [RecurrentWeights], activations: [[GateFunction]], couplesGates: Bool, peepholes: Location?) {
    self.weights = weights
    self.activations = activations
    self.couplesGates = couplesGates
    self.peepholes = peepholes
    isStandard =
      !couplesGates && peepholes == nil && activations.allSatisfy { $0.map(\.plain) == [.sigmoid, .tanh, .tanh] }
  }

  var scratchUnits: Int { peepholes == nil ? 0 : 1 }
  var hasIndependentUnits: Bool { isStandard }

  func advance(_ position: RecurrentPosition, in runState: RunState) {
    let (rows, gates, cell, scratch) = (position.rows, position.gates, position.cell, position.scratch)
    let size = rows.width, activations = activations[position.direction]
    let (input, output, forget, candidate) = (gates, gates + size, gates + 2 * size, gates + 3 * size)
    position.product.multiply(
      position.hidden, inner: size, by: weights[position.direction].state[0], to: gates, rows: rows.count,
      position.columns(4), plus: gates)
    if isStandard {
      let units = position.units, first = units.lowerBound
      return rows.kernels.memoryGates(
        MemoryGateArguments(
          gates: gates.base + first, gateStride: gates.stride, gateDistance: size, cell: cell.base + first,
          cellStride: cell.stride, result: position.result.base + first, resultStride: position.result.stride,
          size: units.count), rows: 0..<rows.count)
    }
    let ofCell = peepholes.map { runState.pointer($0) + 3 * size * position.direction }
    /// Adds the contribution of the cell state to a gate.
    func look(_ gate: RowPlace, _ index: Int) {
      guard let ofCell else { return }
      rows.apply(.multiply, cell, RowPlace(ofCell + index * size, stride: 0), to: scratch)
      rows.apply(.add, gate, scratch, to: gate)
    }
    if ofCell == nil {
      rows.withWidth((couplesGates ? 2 : 3) * size).apply(activations[0], input, to: input)
    } else {
      look(input, 0)
      rows.apply(activations[0], input, to: input)
      if !couplesGates {
        look(forget, 2)
        rows.apply(activations[0], forget, to: forget)
      }
    }
    if couplesGates { rows.scaleShift(input, by: -1, plus: 1, to: forget) }
    rows.apply(activations[1], candidate, to: candidate)
    rows.apply(.multiply, input, candidate, to: input)
    rows.apply(.multiply, forget, cell, to: cell)
    rows.apply(.add, cell, input, to: cell)
    if ofCell != nil {
      look(output, 1)
      rows.apply(activations[0], output, to: output)
    }
    rows.apply(activations[2], cell, to: candidate)
    rows.apply(.multiply, output, candidate, to: position.result)
  }
}
