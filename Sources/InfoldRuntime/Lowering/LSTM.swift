import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension LSTM: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    func input(_ index: Int) -> ValueID? { index < node.inputs.count ? node.inputs[index] : nil }
    func output(_ index: Int) -> ValueID? { index < node.outputs.count ? node.outputs[index] : nil }
    // The lengths of sequences, and weights from the cell to the gates.
    guard hasStandardGates, input(4) == nil, input(7) == nil, let x = input(0), let sizes = plan.sizes(x),
      let w = plan.constant(input(1)), let r = plan.constant(input(2)), w.count > 0, r.count > 0
    else { return false }
    let bias = plan.constant(input(3))
    guard input(3) == nil || bias != nil, [5, 6].allSatisfy({ input($0) == nil || plan.sizes(input($0)) != nil }),
      node.definitions.allSatisfy({ plan.sizes($0) != nil })
    else { return false }
    let isBatchFirst = layer.isBatchFirst
    let shape = LSTMStep.Shape(
      length: sizes[isBatchFirst ? 1 : 0], batch: sizes[isBatchFirst ? 0 : 1], inputSize: sizes[2],
      hiddenSize: r.shape[2], isReversed: layer.isReversed, isBatchFirst: isBatchFirst)
    var weights: [LSTMStep.Weights] = []
    for direction in 0..<shape.directions {
      weights.append(
        LSTMStep.Weights(
          input: try plan.packedRows(of: w, direction), state: try plan.packedRows(of: r, direction),
          bias: try bias.map { tensor throws(InfoldError) in
            plan.location(of: .constant(try Self.sum(of: tensor, direction)))
          }))
    }
    let place = try plan.location(of: x, .rowMajor)
    var initial: [Location?] = []
    for index in [5, 6] {
      initial.append(try input(index).map { id throws(InfoldError) in try plan.location(of: id, .rowMajor) })
    }
    let gates = plan.temporary([shape.directions, shape.rows, shape.gateCount])
    let y = output(0).map { plan.define($0, .rowMajor) }
    let states = [1, 2].map { index in
      output(index).map { plan.define($0, .rowMajor) }
        ?? plan.temporary([shape.directions, shape.batch, shape.hiddenSize])
    }
    let step = LSTMStep(
      products: plan.productKernels, kernels: plan.kernels, shape: shape, x: place, weights: weights,
      initial: (initial[0], initial[1]), gates: gates, hidden: states[0], cell: states[1], y: y)
    plan.emit(
      step, "products and gates", reads: [place] + initial + weights.flatMap { [$0.input, $0.state, $0.bias] },
      writes: [gates, y] + states, multiplyAccumulates: plan.graph.multiplyAccumulates(of: node) ?? 0)
    return true
  }

  /// The biases of W and of R together.
  private static func sum(of bias: Tensor, _ direction: Int) throws(InfoldError) -> Tensor {
    let numbers: [Float] = try bias.slice(direction..<direction + 1).elements()
    let count = numbers.count / 2
    return try Tensor(shape: [count], (0..<count).map { numbers[$0] + numbers[count + $0] })
  }
}

extension PlanBuilder {
  /// One of several matrices, by whose rows vectors are multiplied.
  fileprivate mutating func packedRows(of matrices: Tensor, _ index: Int) throws(InfoldError) -> Location {
    let (kernels, workers) = (productKernels, workers)
    let (columns, inner) = (matrices.shape[1], matrices.shape[2])
    let constant = try packed.constant(
      of: [matrices], form: "transposed matrix \(index), \(kernels.name)",
      byteCount: kernels.packedCount(rows: inner, columns: columns) * MemoryLayout<Float>.stride
    ) { target in
      matrices.withUnsafeBytes { bytes in
        kernels.pack(
          PackArguments(
            source: bytes.baseAddress!.assumingMemoryBound(to: Float.self) + index * columns * inner, taps: 1,
            channels: inner, tapStride: 0, channelStride: 1, columnStride: inner, columnCount: columns,
            columns: 0..<columns, packed: target.assumingMemoryBound(to: Float.self)),
          workers: workers)
      }
    }
    return location(of: .packed(constant))
  }
}
