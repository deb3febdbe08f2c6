import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The common attributes of LSTM, GRU and RNN.
package struct RecurrentLayer: Sendable, Hashable {
  /// For each direction, whether it starts at the end of the sequences.
  package let isReversed: [Bool]
  /// The activations of each direction.
  package let activations: [[RecurrentActivation]]
  /// Whether the batch is the first dimension rather than the sequence (`layout` 1).
  package let isBatchFirst: Bool
  /// The size of the state that the model declares.
  let hiddenSize: Int?

  init(
    _ attributes: inout AttributeReader, activations defaults: [RecurrentActivation.Function]
  ) throws(InfoldError) {
    switch try attributes.string("direction") {
    case nil, "forward": isReversed = [false]
    case "reverse": isReversed = [true]
    case "bidirectional": isReversed = [false, true]
    case let direction?:
      throw InfoldError(
        .invalidModel,
        "direction is \(String(quoting: direction)) but must be forward, reverse or bidirectional")
    }
    activations = try RecurrentActivation.read(&attributes, defaults: defaults, directions: isReversed.count)
    isBatchFirst = attributes.version < 14 ? false : try attributes.flag("layout")
    hiddenSize = try attributes.int("hidden_size")
    guard hiddenSize.map({ $0 >= 1 }) ?? true else {
      throw InfoldError(.invalidModel, "hidden_size is \(hiddenSize ?? 0) but must be at least 1")
    }
  }
}

extension RecurrentLayer {
  /// Returns the output types of an operator with this number of gates and states.
  func inferOutputs(
    _ inputs: OperatorInputs, gateCount: Int, stateCount: Int
  ) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType([0, 1, 2, 3, 5, 6, 7])
    for index in 0...2 { try inputs.requireRank(3...3, of: index) }
    if inputs.has(4) { _ = try inputs.type(4, of: ElementTypeSet([.int32])) }
    let shape = x.shape ?? Shape(unknownOfRank: 3)
    let sequence = shape[isBatchFirst ? 1 : 0]
    let hidden = try stateSize(inputs)
    func times(_ factor: Int) throws(InfoldError) -> Dimension { try .product([hidden, .fixed(factor)]) }
    let directions = Dimension.fixed(isReversed.count)
    let rows = try times(gateCount)
    var batch = shape[isBatchFirst ? 0 : 1]
    try batch = check(inputs, 4, [batch])?[0] ?? batch
    let states: Shape = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
    _ = try check(inputs, 1, [directions, rows, shape[2]])
    _ = try check(inputs, 2, [directions, rows, hidden])
    _ = try check(inputs, 3, [directions, try times(2 * gateCount)])
    for index in 5..<(5 + stateCount) { _ = try check(inputs, index, states) }
    _ = try check(inputs, 7, [directions, try times(3)])
    guard shape[2] != 0 else {
      throw InfoldError(.invalidModel, "X has the shape \(shape) but its last dimension must not be 0")
    }
    let y: Shape =
      isBatchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden]
    return [TensorType(x.elementType, y)]
      + Array(repeating: TensorType(x.elementType, states), count: stateCount)
  }

  /// Throws an error if the length of a sequence exceeds that of X.
  package static func requireLength(_ value: Int, upTo length: Int) throws(InfoldError) {
    if value < 0 || value > length {
      throw InfoldError(.invalidModel, "a sequence has the length \(value), but X has \(counted(length, "position"))")
    }
  }

  private func stateSize(_ inputs: OperatorInputs) throws(InfoldError) -> Dimension {
    let recurrent = try inputs.type(2).shape?[2] ?? .unknown
    guard let hidden = recurrent.merged(with: hiddenSize.map(Dimension.fixed) ?? .unknown) else {
      throw InfoldError(.invalidModel, "hidden_size is \(hiddenSize ?? 0), but R has states of size \(recurrent)")
    }
    return hidden
  }

  /// Checks that the shape of input `index` matches `expected`, and returns what is known of it, or
  /// `nil` if the input is omitted.
  private func check(_ inputs: OperatorInputs, _ index: Int, _ expected: Shape) throws(InfoldError) -> Shape? {
    guard inputs.has(index), let shape = inputs.types[index]?.shape else { return nil }
    guard let merged = expected.merged(with: shape) else {
      throw InfoldError(.invalidModel, "shape mismatch: input \(index) is \(shape) but must be \(expected)")
    }
    return merged
  }
}

/// The weights of one direction of a recurrent operator.
struct RecurrentWeights<Element: FloatingPointElement> {
  /// The size of the state.
  let hiddenSize: Int
  /// LSTM's peephole weights, from the cell to the gates; empty if there are none.
  let peepholes: [Element]
  private let inputSize: Int
  private let input: [Element]
  private let recurrent: [Element]
  private let biases: [Element]

  /// Reads the weights of a direction from the inputs W, R, B and P.
  init(_ inputs: [Tensor?], direction: Int) throws(InfoldError) {
    func part(_ index: Int) throws(InfoldError) -> [Element] {
      guard index < inputs.count, let tensor = inputs[index] else { return [] }
      return try tensor.slice(direction..<(direction + 1)).elements()
    }
    inputSize = inputs[1]!.shape[2]
    hiddenSize = inputs[2]!.shape[2]
    input = try part(1)
    recurrent = try part(2)
    biases = try part(3)
    peepholes = try part(7)
  }

  /// Returns the contribution of the input to a unit of a gate, with its bias.
  func fromInput(_ x: ArraySlice<Element>, gate: Int, unit: Int) -> Element {
    let row = gate * hiddenSize + unit
    var sum = biases.isEmpty ? 0 : biases[row]
    for index in 0..<inputSize { sum += input[row * inputSize + index] * x[x.startIndex + index] }
    return sum
  }

  /// Returns the contribution of the state to a unit of a gate, with its bias.
  func fromState(_ state: [Element], gate: Int, unit: Int) -> Element {
    let row = gate * hiddenSize + unit
    var sum = biases.isEmpty ? 0 : biases[biases.count / 2 + row]
    for index in 0..<hiddenSize { sum += recurrent[row * hiddenSize + index] * state[index] }
    return sum
  }
}

/// The state of a recurrent operator between positions of a sequence.
struct RecurrentState<Element: FloatingPointElement> {
  /// The hidden state, which is also the output.
  var hidden: [Element]
  /// LSTM's cell state.
  var cell: [Element]
}
