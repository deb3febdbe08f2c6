import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension DynamicQuantizeLSTM: LoweredOperator {
  /// The maximum number of elements in a row for which sums of byte products stay below 2³¹ in
  /// every case.
  private static let mostNumbers = 1 << 15

  /// The lengths of the sequences, which the step checks.
  func movesIntegers(ofInput index: Int) -> Bool { index == 4 }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = plan.recurrentOperands(fused, layer),
      let w = QuantizedGates(operands, 1, scale: 8, plan), let r = QuantizedGates(operands, 2, scale: 10, plan),
      w.inner <= Self.mostNumbers, r.inner <= Self.mostNumbers
    else { return false }
    let shape = RecurrentShape(layer, operands.sizes, hiddenSize: r.inner)
    let form = LSTMCell(weights: [], activations: [], couplesGates: couplesGates, peepholes: nil)
    var weights: [RecurrentWeights] = []
    for direction in 0..<shape.directions {
      var own = RecurrentWeights(
        input: .bytes(try plan.packed(w, direction)), state: [.bytes(try plan.packed(r, direction))])
      try plan.addBiases(operands.bias, direction, form, to: &own)
      weights.append(own)
    }
    let format = ElementFormat.quantized(offset: 0)
    let quantized = QuantizedSequences(
      numbers: plan.temporary(operands.sizes, format), scale: plan.temporary([1]),
      zeroPoint: plan.temporary([1], format),
      rows: plan.temporary([shape.directions, shape.rows, MemoryLayout<ByteRow>.stride / MemoryLayout<Float>.stride]))
    let count = operands.sizes.reduce(1, *)
    plan.emitDynamicQuantization(
      from: try plan.location(of: operands.x, .rowMajor).reshaped([count], .rowMajor), count, to: quantized.numbers,
      scale: quantized.scale, zeroPoint: quantized.zeroPoint)
    try plan.emitRecurrent(operands, shape, weights, quantized: quantized) {
      LSTMCell(weights: weights, activations: operands.activations, couplesGates: couplesGates, peepholes: $0)
    }
    return true
  }
}

/// The 8-bit weights of all gates [D, rows, 4 · H], with their quantization parameters.
private struct QuantizedGates {
  let tensor: Tensor
  /// The scale of each column of each direction.
  let scales: [Float]
  /// The zero point of each column of each direction for weights as int8: 128 is subtracted for
  /// uint8.
  let zeroPoints: [Int32]

  var inner: Int { tensor.shape[1] }
  var columns: Int { tensor.shape[2] }

  init?(_ operands: RecurrentOperands, _ index: Int, scale: Int, _ plan: PlanBuilder) {
    guard let tensor = operands.input(index).flatMap(plan.graph.constant), tensor.count > 0,
      let points = operands.input(scale + 1).flatMap(plan.graph.constant)?.byteValues,
      let scales = try? plan.constant(operands.input(scale))?.elements(as: Float.self), points.count == scales.count
    else { return nil }
    self.tensor = tensor
    let columns = tensor.shape[2]
    let offset: Int32 = tensor.elementType == .uint8 ? 128 : 0
    func spread<Element>(_ list: [Element]) -> [Element] {
      list.count == tensor.shape[0] && columns > 1 ? list.flatMap { Array(repeating: $0, count: columns) } : list
    }
    self.scales = spread(scales)
    zeroPoints = spread(points.map { $0 - offset })
  }

  /// Calls `body` with the weights of a direction as int8.
  func withSignedWeights<Result>(of direction: Int, _ body: (UnsafePointer<Int8>) -> Result) -> Result {
    let count = inner * columns
    return tensor.withUnsafeBytes { bytes in
      let own = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + direction * count
      if tensor.elementType == .int8 { return body(UnsafeRawPointer(own).assumingMemoryBound(to: Int8.self)) }
      let signed = (0..<count).map { Int8(bitPattern: own[$0] ^ 128) }
      return signed.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
  }
}

extension PlanBuilder {
  /// Packs the weights of a direction.
  fileprivate mutating func packed(_ gates: QuantizedGates, _ direction: Int) throws(InfoldError) -> ByteMatrix {
    let (kernels, inner, columns) = (byteKernels, gates.inner, gates.columns)
    let weights = try packed.constant(
      of: [gates.tensor], form: "int8 matrix \(direction), \(kernels.name)",
      byteCount: kernels.packedByteCount(taps: 1, channels: inner, columns: columns)
    ) { target in
      gates.withSignedWeights(of: direction) { source in
        kernels.pack(
          BytePackArguments(
            source: source, taps: 1, channels: inner, tapStride: 0, channelStride: columns, columnStride: 1,
            columns: columns, packed: target.assumingMemoryBound(to: Int8.self)))
      }
    }
    let width = kernels.panelWidth, count = (columns + width - 1) / width * width
    let own = direction * columns..<(direction + 1) * columns
    let zeroPoints = gates.zeroPoints[own], scales = gates.scales[own]
    // These depend on more tensors than a cache key can reasonably name.
    let lists = try packed.constant(byteCount: 3 * 4 * count) { memory in
      let floats = memory.assumingMemoryBound(to: Float.self), integers = memory.assumingMemoryBound(to: Int32.self)
      integers.initialize(repeating: 0, count: 3 * count)
      for (column, scale) in scales.enumerated() { floats[column] = scale }
      for (column, point) in zeroPoints.enumerated() { integers[2 * count + column] = point }
      gates.withSignedWeights(of: direction) { source in
        for row in 0..<inner {
          for column in 0..<columns { integers[count + column] &+= Int32(source[row * columns + column]) }
        }
      }
    }
    return ByteMatrix(
      weights: location(of: .packed(weights)), columns: location(of: .packed(lists)), columnCount: count,
      hasZeroPoints: zeroPoints.contains { $0 != 0 })
  }
}
