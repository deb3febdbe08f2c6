import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that runs over sequences with a state.
protocol RecurrentLowering: LoweredOperator {
  associatedtype Cell: RecurrentCell
  var layer: RecurrentLayer { get }

  /// What it computes at a position.
  /// - Parameter peepholes: Where the weights from the cell to the gates lie, if there are any.
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> Cell
}

extension RNN: RecurrentLowering {
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> RNNCell {
    RNNCell(weights: weights, activations: activations)
  }
}

extension GRU: RecurrentLowering {
  func cell(_ weights: [RecurrentWeights], _ activations: [[GateFunction]], peepholes: Location?) -> GRUCell {
    GRUCell(weights: weights, activations: activations, resetsBehindProduct: resetsBehindProduct)
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
    let node = fused.node
    func input(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }
    func output(_ index: Int) -> ValueID? { index < node.outputs.count ? node.outputs[index] : nil }
    let activations = layer.activations.compactMap { of in
      let functions = of.compactMap(GateFunction.init)
      return functions.count == of.count ? functions : nil
    }
    guard activations.count == layer.activations.count, let x = input(0), let sizes = plan.sizes(x),
      let w = plan.constant(input(1)), let r = plan.constant(input(2)), w.count > 0, r.count > 0
    else { return false }
    let bias = plan.constant(input(3))
    guard input(3) == nil || bias != nil, input(4).map({ plan.plannedSizes($0) != nil }) ?? true,
      [5, 6, 7].allSatisfy({ input($0) == nil || plan.sizes(input($0)) != nil }),
      node.definitions.allSatisfy({ plan.sizes($0) != nil })
    else { return false }
    let isBatchFirst = layer.isBatchFirst
    let shape = RecurrentShape(
      length: sizes[isBatchFirst ? 1 : 0], batch: sizes[isBatchFirst ? 0 : 1], inputSize: sizes[2],
      hiddenSize: r.shape[2], isReversed: layer.isReversed, isBatchFirst: isBatchFirst)
    let form = cell([], [], peepholes: nil)
    var weights: [RecurrentWeights] = []
    for direction in 0..<shape.directions {
      weights.append(try plan.weights(w, r, bias, direction, form, hiddenSize: shape.hiddenSize))
    }
    func place(_ id: ValueID?, _ plan: inout PlanBuilder) throws(InfoldError) -> Location? {
      guard let id else { return nil }
      return try plan.location(of: id, .rowMajor)
    }
    let source = try plan.location(of: x, .rowMajor)
    let lengths = try place(input(4), &plan), peepholes = try place(input(7), &plan)
    var initial: [Location?] = []
    for index in 0..<Cell.stateCount { initial.append(try place(input(5 + index), &plan)) }
    let gates = plan.temporary([shape.directions, shape.rows, Cell.gateCount * shape.hiddenSize])
    let y = output(0).map { plan.define($0, .rowMajor) }
    let states = (1...Cell.stateCount).map { index in
      output(index).map { plan.define($0, .rowMajor) }
        ?? plan.temporary([shape.directions, shape.batch, shape.hiddenSize])
    }
    let step = RecurrentStep(
      products: plan.productKernels, kernels: plan.lanewiseKernels, shape: shape,
      cell: cell(weights, activations, peepholes: peepholes), x: source, weights: weights, lengths: lengths,
      initial: initial, gates: gates, states: states, isHiddenWanted: output(1) != nil, y: y, label: fused.label)
    plan.emit(
      step, "products and gates", reads: [source, lengths, peepholes] + initial + weights.flatMap(\.places),
      writes: [gates, y] + states, multiplyAccumulates: plan.graph.multiplyAccumulates(of: node) ?? 0)
    return true
  }
}

extension PlanBuilder {
  /// What a direction multiplies with, of W, R and B.
  fileprivate mutating func weights(
    _ w: Tensor, _ r: Tensor, _ bias: Tensor?, _ direction: Int, _ cell: some RecurrentCell, hiddenSize: Int
  ) throws(InfoldError) -> RecurrentWeights {
    var weights = RecurrentWeights(input: try packedRows(of: w, direction, 0..<w.shape[1]), state: [])
    for gates in cell.products {
      let rows = gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize
      weights.state.append(try packedRows(of: r, direction, rows))
    }
    guard let bias else { return weights }
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
    return weights
  }

  /// Some rows of one of several matrices, by which vectors are multiplied.
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
