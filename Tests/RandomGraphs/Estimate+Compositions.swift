import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Composed operators, and recurrent ones.
extension EstimateRules {
  /// The estimates of the network that defines an operator; `nil` if the operator is not composed. The network computes in single
  /// precision, whatever its inputs are, and its results are rounded once.
  func composed(_ inputs: [Estimate?]) throws(InfoldError) -> [Estimate]? {
    guard let operation = node.typed else { return nil }
    var operands: [Tensor?] = []
    for input in inputs {
      operands.append(
        try input.map { (input) throws(InfoldError) in
          input.value.elementType == .float64 ? try input.value.converted(to: .float32) : input.value
        })
    }
    let types = operands.map { $0.map { TensorType($0.elementType, Shape($0.shape)) } }
    guard
      var network = try operation.composition(
        OperatorInputs(types: types, constants: operands, outputCount: node.outputs.count))
    else { return nil }
    network.outputs = Array(network.outputs.prefix(node.outputs.count))
    let outputs = network.outputs
    network = try RemoveDeadCode().run(on: network).graph
    var given: [ValueID: Estimate] = [:]
    for (id, input) in zip(network.inputs, inputs) { given[id] = input }
    let values = try NetworkEstimates(isFast: isFast, roundings: Roundings(of: .float32)).values(of: network, given)
    return try outputs.map { (id) throws(InfoldError) in
      var result = values[id.index]!
      guard result.value.elementType.isFloatingPoint, roundings.result > roundings.sum else { return result }
      result.error = try rounded(result.error, of: result.magnitude)
      return result
    }
  }

  /// Recurrent layers: the largest error of a state follows from that of the previous state, position by position.
  func recurrent(_ inputs: [Estimate?], _ values: [Tensor]) throws(InfoldError) -> [Estimate] {
    let rules = try RecurrentErrors(node: node, inputs: inputs, roundings: roundings)
    let (hidden, cell) = rules.largest()
    return try values.enumerated().map { (index, value) throws(InfoldError) in
      let error = index == 2 ? cell : hidden
      return try Estimate(
        value: value,
        error: value.mapped { (y: Double) in error + roundings.allowance * y.magnitude + roundings.smallest })
    }
  }
}

/// The largest errors of the states of a recurrent layer. Each bound is one number for a whole state: a row of weights is represented by
/// the sum of its magnitudes.
private struct RecurrentErrors {
  private let name: String
  private let length: Int
  private let unit: Double
  private let layer: RecurrentLayer
  private let couplesGates: Bool
  private let resetsAfterProduct: Bool
  /// The largest magnitude and error of X.
  private let x: (size: Double, error: Double)
  private let hidden: (size: Double, error: Double)
  private let cell: (size: Double, error: Double)
  /// The largest sum of magnitudes of a row of W, R and B, and the largest peephole weight.
  private let input, recurrent, bias, peephole: Double
  private let terms: Double

  init(node: Node, inputs: [Estimate?], roundings: Roundings) throws(InfoldError) {
    func estimate(_ index: Int) -> Estimate? { index < inputs.count ? inputs[index] : nil }
    func sizes(_ index: Int) throws(InfoldError) -> (size: Double, error: Double) {
      guard let estimate = estimate(index) else { return (0, 0) }
      return (estimate.value.largestMagnitude, estimate.error.largest)
    }
    func rows(_ index: Int) throws(InfoldError) -> Double {
      guard let weights = estimate(index)?.value else { return 0 }
      let width = max(weights.shape.last!, 1), numbers = try weights.elements(as: Double.self)
      return stride(from: 0, to: numbers.count, by: width).reduce(0) { largest, start in
        max(largest, numbers[start..<(start + width)].reduce(0) { $0 + $1.magnitude })
      }
    }
    name = node.opType
    unit = roundings.sum
    switch node.typed {
    case let lstm as LSTM: (layer, couplesGates, resetsAfterProduct) = (lstm.layer, lstm.couplesGates, false)
    case let gru as GRU: (layer, couplesGates, resetsAfterProduct) = (gru.layer, false, gru.resetsAfterProduct)
    default: (layer, couplesGates, resetsAfterProduct) = ((node.typed as! RNN).layer, false, false)
    }
    let shape = inputs[0]!.value.shape
    length = shape[layer.isBatchFirst ? 1 : 0]
    (x, hidden, cell, peephole) = (try sizes(0), try sizes(5), try sizes(6), try sizes(7).size)
    (input, recurrent, bias) = (try rows(1), try rows(2), try 2 * sizes(3).size)
    terms = Double(shape[2] + inputs[2]!.value.shape[2] + 4)
  }

  /// A bound of the magnitude and of the error of a number.
  private struct Bound {
    var size: Double
    var error: Double
  }

  private func apply(_ function: RecurrentActivation, to x: Bound) -> Bound {
    let slope: Double, offset: Double
    switch function.function {
    case .sigmoid: return Bound(size: 1, error: 0.25 * x.error + 16 * unit)
    case .hardsigmoid: return Bound(size: 1, error: Double(function.alpha.magnitude) * x.error + 16 * unit)
    case .tanh, .softsign: return Bound(size: min(1, x.size), error: x.error + 16 * unit)
    case .softplus: (slope, offset) = (1, 0.7)
    case .leakyrelu, .elu: (slope, offset) = (max(1, Double(function.alpha.magnitude)), 0)
    default: (slope, offset) = (1, 0)
    }
    let size = slope * min(x.size, Double(function.clip)) + offset
    return Bound(size: size, error: slope * x.error + 16 * unit * (size + 1))
  }

  /// The argument of a gate: a product with X and one with a state.
  private func argument(_ state: Bound, cell: Bound? = nil) -> Bound {
    var size = input * x.size + recurrent * state.size + bias
    var error = input * x.error + recurrent * state.error
    if let cell {
      size += peephole * cell.size
      error += peephole * cell.error
    }
    return Bound(size: size, error: error + 2 * terms * unit * size)
  }

  /// The largest errors of the hidden state and of the cell.
  func largest() -> (hidden: Double, cell: Double) {
    var hidden = 0.0, cell = 0.0
    for functions in layer.activations {
      var state = Bound(size: self.hidden.size, error: self.hidden.error)
      var memory = Bound(size: self.cell.size, error: self.cell.error)
      for _ in 0..<max(length, 1) {
        // Sequences that end earlier keep the state, so bounds only grow.
        let next = advance(state, &memory, functions)
        state = Bound(size: max(state.size, next.size), error: max(state.error, next.error))
      }
      (hidden, cell) = (max(hidden, state.error), max(cell, memory.error))
    }
    return (hidden, cell)
  }

  private func advance(_ state: Bound, _ memory: inout Bound, _ functions: [RecurrentActivation]) -> Bound {
    switch name {
    case "LSTM":
      let gate = apply(functions[0], to: argument(state, cell: memory))
      let candidate = apply(functions[1], to: argument(state))
      let size = memory.size + candidate.size
      memory = Bound(
        size: size,
        error: memory.error + candidate.error + (gate.error + unit) * size + 8 * unit * size)
      let output = apply(functions[0], to: argument(state, cell: memory)), shown = apply(functions[2], to: memory)
      return Bound(size: shown.size, error: shown.error + output.error * shown.size + 8 * unit * shown.size)
    case "GRU":
      let gate = apply(functions[0], to: argument(state))
      var past = state
      if resetsAfterProduct {
        // r ⊙ (H · Rᵀ + Rb): the magnitude of the product is multiplied by the error of the gate.
        past.error += gate.error * (state.size + bias / max(recurrent, .leastNormalMagnitude))
      } else {
        past.error += gate.error * state.size + unit * state.size
      }
      let candidate = apply(functions[1], to: argument(past))
      let size = max(candidate.size, state.size)
      return Bound(
        size: size,
        error: max(candidate.error, state.error) + gate.error * (candidate.size + state.size) + 8 * unit * size)
    default: return apply(functions[0], to: argument(state))
    }
  }
}
