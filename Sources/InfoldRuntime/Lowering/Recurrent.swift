import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that processes sequences with a state.
protocol RecurrentLowering: LoweredOperator {
  associatedtype Cell: RecurrentCell
  var layer: RecurrentLayer { get }

  /// Returns the cell that computes one position.
  ///
  /// - Parameter peepholes: The location of the weights from the cell state to the gates, if there
  ///   are any.
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> Cell
}

extension RNN: RecurrentLowering {
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> RNNCell {
    RNNCell(weights: weights, activations: activations)
  }
}

extension GRU: RecurrentLowering {
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> GRUCell {
    GRUCell(weights: weights, activations: activations, resetsAfterProduct: resetsAfterProduct)
  }
}

extension LSTM: RecurrentLowering {
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> LSTMCell {
    LSTMCell(weights: weights, activations: activations, couplesGates: couplesGates, peepholes: peepholes)
  }
}

extension RecurrentLowering {
  /// The lengths of the sequences, which the step checks.
  func movesIntegers(ofInput index: Int) -> Bool { index == 4 }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = plan.recurrentOperands(fused, layer), let w = plan.constant(operands.input(1)),
      let r = plan.constant(operands.input(2)), w.count > 0, r.count > 0
    else { return false }
    let shape = RecurrentShape(layer, operands.sizes, hiddenSize: r.shape[2])
    let form = cell([], [], peepholes: nil)
    var weights: [RecurrentWeights] = []
    for direction in 0..<shape.directions {
      weights.append(try plan.weights(w, r, operands.bias, direction, form, hiddenSize: shape.hiddenSize))
    }
    try plan.emitRecurrent(operands, shape, weights, quantized: nil) {
      cell(weights, operands.activations, peepholes: $0)
    }
    return true
  }
}

/// The operands of a recurrent operator, except the weights.
struct RecurrentOperands {
  let fused: FusedNode
  let x: ValueID
  let sizes: [Int]
  let bias: Tensor?
  /// The activations of each direction.
  let activations: [[GateFunction]]

  func input(_ index: Int) -> ValueID? { index < fused.node.inputs.count ? fused.node.inputs[index] : nil }

  func output(_ index: Int) -> ValueID? { index < fused.node.outputs.count ? fused.node.outputs[index] : nil }
}

extension RecurrentShape {
  /// - Parameter sizes: The sizes of X.
  init(_ layer: RecurrentLayer, _ sizes: [Int], hiddenSize: Int) {
    let isBatchFirst = layer.isBatchFirst
    self.init(
      length: sizes[isBatchFirst ? 1 : 0], batch: sizes[isBatchFirst ? 0 : 1], inputSize: sizes[2],
      hiddenSize: hiddenSize, isReversed: layer.isReversed, isBatchFirst: isBatchFirst)
  }
}

extension PlanBuilder {
  /// Returns the operands of a node, if kernels support all of them.
  func recurrentOperands(_ fused: FusedNode, _ layer: RecurrentLayer) -> RecurrentOperands? {
    let node = fused.node
    func input(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }
    let activations = layer.activations.compactMap { of in
      let functions = of.compactMap(GateFunction.init)
      return functions.count == of.count ? functions : nil
    }
    let bias = constant(input(3))
    guard activations.count == layer.activations.count, let x = input(0), let sizes = sizes(x),
      input(3) == nil || bias != nil, input(4).map({ plannedSizes($0) != nil }) ?? true,
      [5, 6, 7].allSatisfy({ input($0) == nil || self.sizes(input($0)) != nil }),
      node.definitions.allSatisfy({ self.sizes($0) != nil })
    else { return nil }
    return RecurrentOperands(fused: fused, x: x, sizes: sizes, bias: bias, activations: activations)
  }

  /// Adds the step of a recurrent operator.
  ///
  /// - Parameters:
  ///   - quantized: X in 8 bits, if the weights have 8 bits.
  ///   - cell: Creates the cell, given the location of the weights from the cell state to the
  ///     gates.
  mutating func emitRecurrent<Cell: RecurrentCell>(
    _ operands: RecurrentOperands, _ shape: RecurrentShape, _ weights: [RecurrentWeights],
    quantized: QuantizedSequences?, cell: (Location?) -> Cell
  ) throws(InfoldError) {
    func place(_ index: Int, _ plan: inout PlanBuilder) throws(InfoldError) -> Location? {
      guard let id = operands.input(index) else { return nil }
      return try plan.location(of: id, .rowMajor)
    }
    let fused = operands.fused
    let source = try location(of: operands.x, .rowMajor)
    let lengths = try place(4, &self), peepholes = try place(7, &self)
    var initial: [Location?] = []
    for index in 0..<Cell.stateCount { initial.append(try place(5 + index, &self)) }
    let gates = temporary([shape.directions, shape.rows, Cell.gateCount * shape.hiddenSize])
    let cell = cell(peepholes)
    let sharedUnits = sharedUnits(cell, shape, weights, lengths: lengths)
    // Threads that compute units independently read the whole previous state, which must not change
    // meanwhile.
    let y =
      operands.output(0).map { define($0, .rowMajor) }
      ?? (sharedUnits == nil ? nil : temporary([shape.length, shape.directions, shape.batch, shape.hiddenSize]))
    let states = (1...Cell.stateCount).map { index in
      operands.output(index).map { define($0, .rowMajor) }
        ?? temporary([shape.directions, shape.batch, shape.hiddenSize])
    }
    let step = RecurrentStep(
      products: productKernels, kernels: lanewiseKernels, byteKernels: byteKernels, shape: shape,
      cell: cell, x: source, quantized: quantized, weights: weights, lengths: lengths, initial: initial,
      gates: gates, states: states, isHiddenWanted: operands.output(1) != nil, y: y, label: fused.label,
      sharedUnits: sharedUnits)
    let read = quantized?.places ?? [source]
    emit(
      step, quantized == nil ? "products and gates" : "int8 products and gates",
      reads: read + [lengths, peepholes] + initial + weights.flatMap(\.places),
      writes: [gates, y, quantized?.rows] + states, multiplyAccumulates: graph.multiplyAccumulates(of: fused.node) ?? 0)
  }

  /// Returns the unit by which threads divide the hidden units at a position. Returns `nil` if each
  /// thread processes whole sequences, because there are enough of them or a position is too little
  /// work.
  private func sharedUnits(
    _ cell: some RecurrentCell, _ shape: RecurrentShape, _ weights: [RecurrentWeights], lengths: Location?
  ) -> Int? {
    let width = if case .bytes = weights[0].state[0] { byteKernels.panelWidth } else { productKernels.panelWidth }
    let threads = RecurrentStep.sharers(shape, gates: type(of: cell).gateCount, workers: sharers)
    let dividesUnits = cell.hasIndependentUnits && lengths == nil && shape.hiddenSize.isMultiple(of: width)
    return dividesUnits && shape.directions * shape.batch < threads ? width : nil
  }

  /// Packs the weights of one direction from W, R and B.
  fileprivate mutating func weights(
    _ w: Tensor, _ r: Tensor, _ bias: Tensor?, _ direction: Int, _ cell: some RecurrentCell, hiddenSize: Int
  ) throws(InfoldError) -> RecurrentWeights {
    var weights = RecurrentWeights(input: .floats(try packedRows(of: w, direction, 0..<w.shape[1])), state: [])
    for gates in cell.products {
      let rows = gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize
      weights.state.append(.floats(try packedRows(of: r, direction, rows)))
    }
    try addBiases(bias, direction, cell, to: &weights)
    return weights
  }

  /// Adds the biases of one direction from B.
  mutating func addBiases(
    _ bias: Tensor?, _ direction: Int, _ cell: some RecurrentCell, to weights: inout RecurrentWeights
  ) throws(InfoldError) {
    guard let bias else { return }
    let numbers: [Float] = try bias.slice(direction..<direction + 1).elements()
    let count = numbers.count / 2
    func located(_ numbers: [Float]) throws(InfoldError) -> Location {
      location(of: .constant(try Tensor(shape: [count], numbers)))
    }
    if cell.joinsBiases {
      weights.inputBias = try located((0..<count).map { numbers[$0] + numbers[count + $0] })
    } else {
      weights.inputBias = try located(Array(numbers[..<count]))
      weights.stateBias = try located(Array(numbers[count...]))
    }
  }

  /// Packs some rows of one of several matrices, by which vectors are multiplied.
  private mutating func packedRows(
    of matrices: Tensor, _ index: Int, _ rows: Range<Int>
  ) throws(InfoldError) -> Location {
    let (kernels, workers) = (productKernels, workers)
    let (columns, inner) = (matrices.shape[1], matrices.shape[2])
    let constant = try packed.constant(
      of: [matrices], form: "transposed matrix \(index), rows \(rows), \(kernels.name)",
      byteCount: kernels.packedCount(rows: inner, columns: rows.count) * MemoryLayout<Float>.stride
    ) { target in
      matrices.withUnsafeBytes { bytes in
        kernels.pack(
          PackArguments(
            source: bytes.baseAddress!.assumingMemoryBound(to: Float.self)
              + (index * columns + rows.lowerBound) * inner,
            taps: 1, channels: inner, tapStride: 0, channelStride: 1, columnStride: inner, columnCount: rows.count,
            columns: 0..<rows.count, packed: target.assumingMemoryBound(to: Float.self)),
          workers: workers)
      }
    }
    return location(of: .packed(constant))
  }
}
