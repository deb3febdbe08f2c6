import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that processes sequences with a state.
///
/// The inputs are X [S, N, I], W [D, gates · H, I], R [D, gates · H, H], the optional B [D, 2 ·
/// gates · H] with the biases of W and of R, the optional int32 sequence_lens [N], and the optional
/// initial states [D, N, H]. The outputs are Y [S, D, N, H] and the last states [D, N, H]. With
/// `layout` 1, the batch is the first dimension everywhere: [N, S, I], [N, S, D, H], [N, D, H]. Y
/// is zero after the end of a sequence.
protocol RecurrentOperator: StandardFloatingPointOperator {
  /// The number of gates, whose weights are stacked in W and R.
  static var gateCount: Int { get }
  /// The number of states: the hidden state, and LSTM's cell state.
  static var stateCount: Int { get }
  /// The common attributes.
  var layer: RecurrentLayer { get }

  /// Advances the state by one position with the input `x`.
  func advance<Element: FloatingPointElement>(
    _ state: inout RecurrentState<Element>, _ x: ArraySlice<Element>, _ weights: RecurrentWeights<Element>,
    _ activations: [RecurrentActivation])
}

extension RecurrentOperator {
  package static var family: OperatorFamily { .product }

  package static var compatibleVersions: [Int] { versions.filter { $0 >= 14 } }

  static var stateCount: Int { 1 }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    try layer.inferOutputs(inputs, gateCount: Self.gateCount, stateCount: Self.stateCount)
  }

  /// Counts the products with W and R at every position of every sequence and direction.
  public func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let x = inputs[0]?.shape?.sizes, let w = inputs[1]?.shape?.sizes, let r = inputs[2]?.shape?.sizes,
      x.count == 3, let ofInput = checkedProduct(x[..<2] + w), let ofState = checkedProduct(x[..<2] + r)
    else { return nil }
    let (sum, overflow) = ofInput.addingReportingOverflow(ofState)
    return overflow ? nil : sum
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    let (x, states, y) = layer.isBatchFirst ? (0, 0, 0) : (1, 1, 2)
    return AxisMapping([
      IndependentAxis(inputs: [x, nil, nil, nil, 0, states, states], outputs: [y, states, states])
    ])
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in type: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    try evaluateSequences(inputs, context, in: type)
  }

  /// Evaluates all sequences, for inputs in the form of ONNX's recurrent operators.
  func evaluateSequences<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let shapes = try layer.inferOutputs(
      OperatorInputs(inputs), gateCount: Self.gateCount, stateCount: Self.stateCount
    ).compactMap { $0.shape?.sizes }
    let x: [Element] = try inputs[0]!.elements()
    let isBatchFirst = layer.isBatchFirst, directions = layer.isReversed.count
    let length = inputs[0]!.shape[isBatchFirst ? 1 : 0], batches = inputs[0]!.shape[isBatchFirst ? 0 : 1]
    let inputSize = inputs[0]!.shape[2], hiddenSize = inputs[2]!.shape[2]
    let lengths = try lengths(inputs, of: batches, upTo: length)
    var y = context.wantsOutput(0) ? try Tensor(zeros: shapes[0], of: Element.elementType) : nil
    var states: [Tensor] = []
    for index in 5..<(5 + Self.stateCount) {
      let given = index < inputs.count ? inputs[index] : nil
      let initial = if let given { given } else { try Tensor(zeros: shapes[1], of: Element.elementType) }
      states.append(initial)
    }
    for direction in 0..<directions {
      let weights = try RecurrentWeights<Element>(inputs, direction: direction)
      for (batch, end) in lengths.enumerated() {
        let first = (isBatchFirst ? batch * directions + direction : direction * batches + batch) * hiddenSize
        var state = RecurrentState<Element>(
          hidden: states[0].elements(hiddenSize, from: first), cell: states.last!.elements(hiddenSize, from: first))
        for step in 0..<end {
          let position = layer.isReversed[direction] ? end - 1 - step : step
          let input = (isBatchFirst ? batch * length + position : position * batches + batch) * inputSize
          advance(&state, x[input..<(input + inputSize)], weights, layer.activations[direction])
          let output =
            isBatchFirst
            ? (batch * length + position) * directions + direction
            : (position * directions + direction) * batches + batch
          try y?.replaceElements(from: output * hiddenSize, with: state.hidden)
        }
        try states[states.count - 1].replaceElements(from: first, with: state.cell)
        try states[0].replaceElements(from: first, with: state.hidden)
      }
    }
    return [y] + states.map(Optional.some)
  }

  /// Returns the lengths of the sequences.
  private func lengths(_ inputs: [Tensor?], of batches: Int, upTo length: Int) throws(InfoldError) -> [Int] {
    guard inputs.count > 4, let given = try inputs[4]?.integers() else {
      return Array(repeating: length, count: inputs[0]!.count == 0 ? 0 : batches)
    }
    for value in given { try RecurrentLayer.requireLength(value, upTo: length) }
    return given
  }
}

extension Tensor {
  /// Returns `count` elements from offset `start` on.
  fileprivate func elements<Element: TensorElement>(_ count: Int, from start: Int) -> [Element] {
    withElements(as: Element.self) { span in (start..<(start + count)).map { span[$0] } }
  }

  /// Writes elements from offset `start` on.
  fileprivate mutating func replaceElements<Element: TensorElement>(from start: Int, with elements: [Element])
    throws(InfoldError)
  {
    try withMutableSpan(as: Element.self) { span in
      for (index, element) in elements.enumerated() { span[start + index] = element }
    }
  }
}
