import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension PlanBuilder {
  /// A transposed convolution whose window moves by its own size, as one product for all positions of the window, whose results
  /// are then brought to their rows and columns: the few output channels of one position would not fill a panel.
  mutating func emitJoined(
    _ problem: TransposedProblem, _ parameters: ConvolutionParameters, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (input, output, kernels) = (problem.input, problem.output, kernels)
    let (height, width, channels) = (problem.height, problem.width, output.channels)
    let taps = height * width, columns = channels * taps
    let weightCount = kernels.packedCount(rows: input.channels, columns: columns)
    // Behind the weights, the bias of each column.
    let constant = try packed.constant(
      of: [parameters.weight] + (parameters.bias.map { [$0] } ?? []),
      form: "joined transposed convolution, \(kernels.name)",
      byteCount: (weightCount + columns) * MemoryLayout<Float>.stride
    ) { (target) throws(InfoldError) in
      let packed = target.assumingMemoryBound(to: Float.self)
      parameters.weight.withUnsafeBytes { bytes in
        kernels.pack(
          PackArguments(
            source: bytes.baseAddress!.assumingMemoryBound(to: Float.self), taps: 1, channels: input.channels,
            tapStride: 0, channelStride: columns, columnStride: 1, columnCount: columns, columns: 0..<columns,
            packed: packed))
      }
      let bias: [Float] = try parameters.bias?.elements() ?? Array(repeating: 0, count: channels)
      for column in 0..<columns { packed[weightCount + column] = bias[column / taps] }
    }
    let source = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let target = define(y, .channelsLast)
    let macs = input.images * input.pixels * input.channels * columns
    let (activation, rowBytes) = (fused.activation, (input.width * columns * MemoryLayout<Float>.stride + 63) & ~63)
    let step = RangeStep(
      units: input.images * input.height, cost: macs,
      scratchByteCount: rowBytes + kernels.convolutionScratch(taps: 1, channels: input.channels)
    ) { rows, frame, worker in
      let scratch = frame.scratch(of: worker)
      let products = scratch.assumingMemoryBound(to: Float.self)
      for row in rows {
        kernels.convolve(
          ConvolutionArguments(
            window: ImageWindow(height: 1, width: 1),
            input: InputImages(
              base: frame.pointer(source) + row * input.width * source.pixelStride, count: 1, height: 1,
              width: input.width, channels: input.channels, pixelStride: source.pixelStride),
            weights: frame.pointer(weights),
            output: OutputImages(base: products, count: 1, height: 1, width: input.width, channels: columns),
            epilogue: Epilogue(bias: frame.pointer(weights) + weightCount, activation: activation),
            pixels: 0..<input.width, columns: 0..<columns, scratch: scratch + rowBytes))
        for tap in 0..<taps {
          let first = (row * height + tap / width) * output.width + tap % width
          var pixel = frame.pointer(target) + first * target.pixelStride
          var product = products + tap
          for _ in 0..<input.width {
            for channel in 0..<channels { pixel[channel] = product[channel * taps] }
            pixel += width * target.pixelStride
            product += columns
          }
        }
      }
    }
    emit(step, "joined product", reads: [source, weights], writes: [target], multiplyAccumulates: macs)
  }
}
