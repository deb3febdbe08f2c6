import InfoldGraph
import InfoldKernelInterface

extension Gemm: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    operands(node, plan) == nil ? [] : [.activation, .residual]
  }

  /// The constant right side and the bias of a node that kernels can compute.
  private func operands(_ node: Node, _ plan: PlanBuilder) -> (right: Tensor, bias: Tensor?)? {
    guard !transA, alpha == 1, let x = plan.sizes(node.inputs[0]), x.count == 2,
      let right = plan.constant(node.inputs[1]), let result = plan.sizes(node.outputs[0])
    else { return nil }
    guard node.inputs.count > 2, let addend = node.inputs[2], beta != 0 else { return (right, nil) }
    guard beta == 1, let bias = plan.constant(addend), bias.count == result[1], bias.shape.last == result[1] else {
      return nil
    }
    return (right, bias)
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let (right, bias) = operands(fused.node, plan), let x = fused.node.inputs[0], let y = fused.output,
      let sizes = plan.sizes(x)
    else { return false }
    let columns = right.shape[transB ? 0 : 1]
    try plan.emitProduct(
      fused, x, y, rows: sizes[0], inner: sizes[1], columns: columns, right: right, isTransposed: transB, bias: bias)
    return true
  }
}

extension MatMul: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    constantRight(node, plan) == nil ? [] : [.activation, .residual]
  }

  private func constantRight(_ node: Node, _ plan: PlanBuilder) -> Tensor? {
    guard let x = plan.sizes(node.inputs[0]), x.count >= 2, let right = plan.constant(node.inputs[1]),
      right.shape.count == 2, plan.sizes(node.outputs[0]) != nil
    else { return nil }
    return right
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x) else { return false }
    if let right = constantRight(fused.node, plan) {
      try plan.emitProduct(
        fused, x, y, rows: sizes.dropLast().reduce(1, *), inner: sizes.last!, columns: right.shape[1], right: right,
        isTransposed: false, bias: nil)
      return true
    }
    guard let b = fused.node.inputs[1], let right = plan.sizes(b), let result = plan.sizes(y), sizes.count >= 2,
      right.count >= 2, sizes.dropLast(2).elementsEqual(result.dropLast(2)),
      right.dropLast(2).elementsEqual(result.dropLast(2)) || right.count == 2
    else { return false }
    try plan.emitVariableProduct(x, b, y, sizes, right)
    return true
  }
}

extension PlanBuilder {
  /// The product of a matrix with a constant one.
  fileprivate mutating func emitProduct(
    _ fused: FusedNode, _ x: ValueID, _ y: ValueID, rows: Int, inner: Int, columns: Int, right: Tensor,
    isTransposed: Bool, bias: Tensor?
  ) throws(InfoldError) {
    let constant = try packed.constant(
      of: [right], form: "\(isTransposed ? "transposed matrix" : "matrix"), \(kernels.name)",
      byteCount: kernels.packedCount(rows: inner, columns: columns) * MemoryLayout<Float>.stride
    ) { [kernels] target in
      right.withUnsafeBytes { bytes in
        kernels.pack(
          PackArguments(
            source: bytes.baseAddress!.assumingMemoryBound(to: Float.self), taps: 1, channels: inner, tapStride: 0,
            channelStride: isTransposed ? 1 : columns, columnStride: isTransposed ? inner : 1, columnCount: columns,
            columns: 0..<columns, packed: target.assumingMemoryBound(to: Float.self)))
      }
    }
    let input = try location(of: x, .rowMajor)
    let weights = location(of: .packed(constant))
    var epilogue = try epilogue(fused, bias: bias, layout: .rowMajor)
    epilogue.residual?.pixelStride = columns
    let output = define(y, .rowMajor)
    let step = ConvolutionStep(
      kernels: kernels,
      shape: ConvolutionShape(
        images: 1, height: 1, width: rows, channels: inner, pixelStride: inner, outputHeight: 1, outputWidth: rows,
        outputChannels: columns, outputPixelStride: columns, window: ImageWindow(height: 1, width: 1)),
      input: input, weights: weights, output: output, epilogue: epilogue)
    emit(
      step, "product", reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: rows * inner * columns)
  }

  /// The products of two values, matrix by matrix; the right one may be the same for all.
  fileprivate mutating func emitVariableProduct(
    _ a: ValueID, _ b: ValueID, _ y: ValueID, _ left: [Int], _ right: [Int]
  ) throws(InfoldError) {
    let (rows, inner, columns) = (left[left.count - 2], left.last!, right.last!)
    let batch = left.dropLast(2).reduce(1, *), rightBatch = right.dropLast(2).reduce(1, *)
    let first = try location(of: a, .rowMajor), second = try location(of: b, .rowMajor)
    let panels = temporary(count: rightBatch * kernels.packedCount(rows: inner, columns: columns))
    let output = define(y, .rowMajor)
    let step = VariableProductStep(
      kernels: kernels, batch: batch, rightBatch: rightBatch, rows: rows, inner: inner, columns: columns, left: first,
      right: second, panels: panels, output: output)
    emit(
      step, "product, packed in the run", reads: [first, second], writes: [panels, output],
      multiplyAccumulates: batch * rows * inner * columns)
  }
}
