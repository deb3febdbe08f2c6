import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension PlanBuilder {
  /// Adds a transposed convolution whose strides equal the window's size, as one product for each
  /// row of the window. In channels-last order, the positions of that row are contiguous in the
  /// result, like the columns of the product.
  mutating func emitTiled(
    _ problem: TransposedProblem, _ parameters: ConvolutionParameters, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (input, output, kernels) = (problem.input, problem.output, productKernels)
    let (height, columns) = (problem.height, problem.width * output.channels)
    let weightCount = kernels.packedCount(rows: input.channels, columns: columns)
    // The weights of all rows are followed by the bias of each column.
    let constant = try packed.constant(
      of: [parameters.weight] + (parameters.bias.map { [$0] } ?? []),
      form: "tiled transposed convolution, \(kernels.name)",
      byteCount: (height * weightCount + columns) * MemoryLayout<Float>.stride
    ) { (target) throws(InfoldError) in
      let packed = target.assumingMemoryBound(to: Float.self)
      for row in 0..<height {
        problem.weights(parameters.weight, taps: row * problem.width..<(row + 1) * problem.width)
          .withUnsafeBufferPointer { source in
            kernels.pack(
              PackArguments(
                source: source.baseAddress!, taps: 1, channels: input.channels, tapStride: 0, channelStride: columns,
                columnStride: 1, columnCount: columns, columns: 0..<columns, packed: packed + row * weightCount))
          }
      }
      let bias: [Float] = try parameters.bias?.elements() ?? Array(repeating: 0, count: output.channels)
      for column in 0..<columns { packed[height * weightCount + column] = bias[column % output.channels] }
    }
    let source = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let target = define(y, .channelsLast)
    let activation = fused.activation
    let step = RangeStep(
      units: output.images * output.height, cost: problem.multiplyAccumulates,
      scratchByteCount: kernels.convolutionScratch(taps: 1, channels: input.channels)
    ) { rows, state, worker in
      for row in rows {
        kernels.convolve(
          ConvolutionArguments(
            window: ImageWindow(height: 1, width: 1),
            input: InputImages(
              base: state.pointer(source) + row / height * input.width * source.pixelStride, count: 1, height: 1,
              width: input.width, channels: input.channels, pixelStride: source.pixelStride),
            weights: state.pointer(weights) + row % height * weightCount,
            output: OutputImages(
              base: state.pointer(target) + row * input.width * columns, count: 1, height: 1, width: input.width,
              channels: columns),
            epilogue: Epilogue(bias: state.pointer(weights) + height * weightCount, activation: activation),
            pixels: 0..<input.width, columns: 0..<columns, scratch: state.scratch(of: worker)))
      }
    }
    emit(
      step, "product per row", reads: [source, weights], writes: [target],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}
