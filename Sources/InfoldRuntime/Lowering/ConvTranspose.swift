import InfoldGraph
import InfoldKernelInterface

extension ConvTranspose: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    problem(node, plan) == nil ? [] : .activation
  }

  /// A window that moves by its own size: every output element comes from one position of the input.
  private struct Problem {
    var input: ImageShape
    var output: ImageShape
    /// The window's sizes.
    var height: Int
    var width: Int
    var weight: Tensor
    var bias: Tensor?
  }

  private func problem(_ node: Node, _ plan: PlanBuilder) -> Problem? {
    guard group == 1, let x = plan.sizes(node.inputs[0]), x.count == 4, let y = plan.sizes(node.outputs[0]),
      let weight = plan.constant(node.inputs[1]), let window = try? window(kernel: Array(weight.shape[2...])).window,
      window.kernel == window.strides, window.dilations == [1, 1], y[2] == x[2] * window.kernel[0],
      y[3] == x[3] * window.kernel[1]
    else { return nil }
    var bias: Tensor?
    if node.inputs.count > 2, let id = node.inputs[2] {
      guard let constant = plan.constant(id) else { return nil }
      bias = constant
    }
    return Problem(
      input: ImageShape(x)!, output: ImageShape(y)!, height: window.kernel[0], width: window.kernel[1], weight: weight,
      bias: bias)
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = problem(fused.node, plan), let x = fused.node.inputs[0], let y = fused.output else {
      return false
    }
    if problem.output.channels < plan.kernels.panelWidth {
      try emitJoined(problem, x, y, fused, into: &plan)
    } else {
      try emitByTap(problem, x, y, fused, into: &plan)
    }
    return true
  }

  /// One product for all positions of the window, whose results are then brought to their rows and columns: the few output
  /// channels of one position would not fill a panel.
  private func emitJoined(
    _ problem: Problem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let (input, output, kernels) = (problem.input, problem.output, plan.kernels)
    let (height, width, channels) = (problem.height, problem.width, output.channels)
    let taps = height * width, columns = channels * taps
    let weightCount = kernels.packedCount(rows: input.channels, columns: columns)
    // Behind the weights, the bias of each column.
    let constant = try plan.packed.constant(
      of: [problem.weight] + (problem.bias.map { [$0] } ?? []), form: "joined transposed convolution, \(kernels.name)",
      byteCount: (weightCount + columns) * MemoryLayout<Float>.stride
    ) { (target) throws(InfoldError) in
      let packed = target.assumingMemoryBound(to: Float.self)
      problem.weight.withUnsafeBytes { bytes in
        kernels.pack(
          PackArguments(
            source: bytes.baseAddress!.assumingMemoryBound(to: Float.self), taps: 1, channels: input.channels,
            tapStride: 0, channelStride: columns, columnStride: 1, columnCount: columns, columns: 0..<columns,
            packed: packed))
      }
      let bias: [Float] = try problem.bias?.elements() ?? Array(repeating: 0, count: channels)
      for column in 0..<columns { packed[weightCount + column] = bias[column / taps] }
    }
    let source = try plan.location(of: x, .channelsLast)
    let weights = plan.location(of: .packed(constant))
    let target = plan.define(y, .channelsLast)
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
    plan.emit(step, "joined product", reads: [source, weights], writes: [target], multiplyAccumulates: macs)
  }

  /// For each position of the window a product with its own weights, which writes every so many rows and columns.
  private func emitByTap(
    _ problem: Problem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode, into plan: inout PlanBuilder
  ) throws(InfoldError) {
    let (input, output, kernels) = (problem.input, problem.output, plan.kernels)
    let taps = problem.height * problem.width
    let count = kernels.packedCount(rows: input.channels, columns: output.channels)
    let constant = try plan.packed.constant(
      of: [problem.weight], form: "transposed convolution, \(kernels.name)",
      byteCount: taps * count * MemoryLayout<Float>.stride
    ) { target in
      problem.weight.withUnsafeBytes { bytes in
        for tap in 0..<taps {
          kernels.pack(
            PackArguments(
              source: bytes.baseAddress!.assumingMemoryBound(to: Float.self) + tap, taps: 1, channels: input.channels,
              tapStride: 0, channelStride: output.channels * taps, columnStride: taps, columnCount: output.channels,
              columns: 0..<output.channels, packed: target.assumingMemoryBound(to: Float.self) + tap * count))
        }
      }
    }
    let source = try plan.location(of: x, .channelsLast)
    let weights = plan.location(of: .packed(constant))
    let epilogue = try plan.epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let target = plan.define(y, .channelsLast)
    let (height, width) = (problem.height, problem.width)
    let macs = input.images * input.pixels * input.channels * output.channels * taps
    let step = RangeStep(
      units: input.images * input.height, cost: macs,
      scratchByteCount: kernels.convolutionScratch(taps: 1, channels: input.channels)
    ) { rows, frame, worker in
      for row in rows {
        for tap in 0..<taps {
          let first = (row * height + tap / width) * output.width + tap % width
          kernels.convolve(
            ConvolutionArguments(
              window: ImageWindow(height: 1, width: 1),
              input: InputImages(
                base: frame.pointer(source) + row * input.width * source.pixelStride, count: 1, height: 1,
                width: input.width, channels: input.channels, pixelStride: source.pixelStride),
              weights: frame.pointer(weights) + tap * count,
              output: OutputImages(
                base: frame.pointer(target) + first * target.pixelStride, count: 1, height: 1, width: input.width,
                channels: output.channels, pixelStride: width * target.pixelStride),
              epilogue: epilogue.resolved(in: frame), pixels: 0..<input.width, columns: 0..<output.channels,
              scratch: frame.scratch(of: worker)))
        }
      }
    }
    plan.emit(
      step, "product per tap", reads: [source, weights, epilogue.bias], writes: [target], multiplyAccumulates: macs)
  }
}
