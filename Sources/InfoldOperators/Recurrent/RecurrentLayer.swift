import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The attributes that LSTM, GRU and RNN share.
struct RecurrentLayer: Sendable, Hashable {
  /// For each direction, whether it runs from the end of the sequences.
  let isReversed: [Bool]
  /// The activations of each direction.
  let activations: [[RecurrentActivation]]
  /// Whether the batch is the first dimension, and not the sequence (`layout` 1).
  let isBatchFirst: Bool
  /// The number of elements of the state that the model declares.
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
        "direction is \(String(quoting: direction)), and must be forward, reverse or bidirectional")
    }
    activations = try RecurrentActivation.read(&attributes, defaults: defaults, directions: isReversed.count)
    isBatchFirst = attributes.version < 14 ? false : try attributes.flag("layout")
    hiddenSize = try attributes.int("hidden_size")
    guard hiddenSize.map({ $0 >= 1 }) ?? true else {
      throw InfoldError(.invalidModel, "hidden_size is \(hiddenSize ?? 0), and must be at least 1")
    }
  }
}

/// What one direction of a recurrent operator multiplies with.
struct RecurrentWeights<Element: FloatingPointElement> {
  /// The number of elements of the state.
  let hiddenSize: Int
  /// LSTM's weights from the cell to the gates; empty where there are none.
  let peepholes: [Element]
  private let inputSize: Int
  private let input: [Element]
  private let recurrent: [Element]
  private let biases: [Element]

  /// The weights of a direction, from the inputs W, R, B and P.
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

  /// What the input adds to unit `unit` of gate `gate`, with its bias.
  func fromInput(_ x: ArraySlice<Element>, gate: Int, unit: Int) -> Element {
    let row = gate * hiddenSize + unit
    var sum = biases.isEmpty ? 0 : biases[row]
    for index in 0..<inputSize { sum += input[row * inputSize + index] * x[x.startIndex + index] }
    return sum
  }

  /// What the state adds to unit `unit` of gate `gate`, with its bias.
  func fromState(_ state: [Element], gate: Int, unit: Int) -> Element {
    let row = gate * hiddenSize + unit
    var sum = biases.isEmpty ? 0 : biases[biases.count / 2 + row]
    for index in 0..<hiddenSize { sum += recurrent[row * hiddenSize + index] * state[index] }
    return sum
  }
}

/// What a recurrent operator keeps from one position of a sequence to the next.
struct RecurrentState<Element: FloatingPointElement> {
  /// The hidden state, which is the output.
  var hidden: [Element]
  /// LSTM's cell.
  var cell: [Element]
}
