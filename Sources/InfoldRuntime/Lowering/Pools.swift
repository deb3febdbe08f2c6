import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension MaxPool: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if fused.node.outputs.count > 1, let indices = fused.node.outputs[1] {
      return try plan.emitMaximumSearch(self, fused, indices)
    }
    if plan.byteSizes(fused.node.inputs[0]) != nil { return try plan.emitBytePool(fused, window) }
    return try plan.emitPool(fused, window, .maximum)
  }
}

extension AveragePool: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitPool(fused, window, countsPadding ? .averageIncludingPadding : .average)
  }
}

extension GlobalAveragePool: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitGlobalPool(fused, .mean)
  }
}

extension GlobalMaxPool: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitGlobalPool(fused, .maximum)
  }
}

extension PlanBuilder {
  fileprivate mutating func emitPool(
    _ fused: FusedNode, _ window: SlidingWindow, _ operation: PoolOperation
  ) throws(InfoldError) -> Bool {
    guard let passes = PoolPass.passes(fused.node, window, sizes) else { return false }
    // A window over the whole image is a global pooling, which threads divide by channels.
    if window.rank < 3, operation != .averageIncludingPadding, passes[0].isGlobal {
      return try emitGlobalPool(fused, operation == .maximum ? .maximum : .mean)
    }
    return try emit(passes, fused) { plan, pass, source, target in
      let step = PoolStep(
        kernels: plan.poolKernels(channels: pass.input.channels), image: pass.input, result: pass.output,
        window: pass.window, operation: operation, padBottom: pass.padBottom, padRight: pass.padRight, input: source,
        output: target)
      plan.emit(step, "pool", reads: [source], writes: [target])
    }
  }

  /// Adds a maximum pooling with indices, channel by channel.
  fileprivate mutating func emitMaximumSearch(
    _ pool: MaxPool, _ fused: FusedNode, _ indices: ValueID
  ) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = sizes(x), let result = self.sizes(y),
      plannedSizes(indices) == result, let search = pool.search(Array(sizes[2...]))
    else { return false }
    let source = try location(of: x, .rowMajor)
    let (target, places) = (define(y, .rowMajor), define(indices, .rowMajor))
    let (count, resultCount) = (sizes.reduce(1, *), result.reduce(1, *))
    let step = RangeStep(
      units: sizes[0] * sizes[1], cost: saturatedProduct(resultCount, pool.window.kernel.reduce(2, *))
    ) { channels, state, _ in
      var y = UnsafeMutableBufferPointer(start: state.pointer(target), count: resultCount).mutableSpan
      var indices = UnsafeMutableBufferPointer(
        start: state.address(places).assumingMemoryBound(to: Int64.self), count: resultCount
      ).mutableSpan
      search.run(channels, UnsafeBufferPointer(start: state.pointer(source), count: count).span, to: &y, &indices)
    }
    emit(step, "pool with indices", reads: [source], writes: [target, places])
    return true
  }

  /// Returns the kernels for windows over this number of channels. A wide vector that the channels
  /// do not fill would have to be written in parts.
  func poolKernels(channels: Int) -> any LanewiseKernels.Type {
    channels < productKernels.vectorWidth ? kernels : lanewiseKernels
  }

  /// Adds a maximum pooling of quantized images or volumes.
  fileprivate mutating func emitBytePool(_ fused: FusedNode, _ window: SlidingWindow) throws(InfoldError) -> Bool {
    // Kernels look up every position of a window.
    guard let passes = PoolPass.passes(fused.node, window, byteSizes), passes.allSatisfy({ $0.taps <= 1 << 16 }) else {
      return false
    }
    return try emit(passes, fused) { plan, pass, source, target in
      let kernels = plan.byteKernels
      let step = RangeStep(
        units: pass.output.images * pass.output.pixels, cost: saturatedProduct(pass.output.count, pass.taps) / 4,
        scratchByteCount: kernels.windowScratch(taps: pass.taps, channels: pass.input.channels)
      ) { pixels, state, worker in
        kernels.maximumPool(
          pass.window, pass.input.input(state.bytes(source), source), pass.output.output(state.bytes(target), target),
          pixels: pixels, scratch: state.scratch(of: worker))
      }
      plan.emit(step, "int8 pool", reads: [source], writes: [target])
    }
  }

  /// Adds consecutive passes.
  ///
  /// - Parameter add: Adds the step of one pass, given the locations of its input and its result.
  private mutating func emit(
    _ passes: [PoolPass], _ fused: FusedNode,
    _ add: (_ plan: inout PlanBuilder, _ pass: PoolPass, _ source: Location, _ target: Location) -> Void
  ) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output else { return false }
    var source = try location(of: x, .channelsLast)
    let result = define(y, .channelsLast)
    for (index, pass) in passes.enumerated() {
      let target = index == passes.count - 1 ? result : temporary(pass.output.sizes, source.format, .channelsLast)
      add(&self, pass, source, target)
      source = target
    }
    return true
  }

  /// Adds a reduction of every channel of every image to one number.
  mutating func emitGlobalPool(_ fused: FusedNode, _ reduction: Reduction) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let image = sizes(x).flatMap(ImageShape.init),
      sizes(y) != nil
    else { return false }
    let source = try location(of: x, .channelsLast)
    // The result is [N, C] followed by axes of size 1, the same in both layouts. In row-major
    // layout it may have any rank.
    let target = define(y, concatenations.part(y) == nil ? .rowMajor : .channelsLast)
    let stride = target.layout == .rowMajor ? image.channels : target.pixelStride
    let kernels = kernels
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let units = GlobalPoolArguments(input: image.input(nowhere, source), output: nowhere, reduction: reduction)
      .unitCount
    let step = RangeStep(units: units, cost: image.count) { units, state, _ in
      kernels.globalPool(
        GlobalPoolArguments(
          input: image.input(state.pointer(source), source), output: state.pointer(target), outputStride: stride,
          reduction: reduction),
        units: units)
    }
    emit(step, "global pool", reads: [source], writes: [target])
    return true
  }
}
