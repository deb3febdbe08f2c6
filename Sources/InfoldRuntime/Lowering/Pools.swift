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

/// A pool over images whose sizes are known.
private struct PooledImages {
  let input: ImageShape
  let output: ImageShape
  let extents: [SlidingWindow.Extent]
  let window: ImageWindow

  /// - Parameter sizes: The sizes of a value that the kernel takes; `nil` for another one.
  init?(_ node: Node, _ window: SlidingWindow, _ sizes: (ValueID?) -> [Int]?) {
    guard let images = WindowedImages(node, sizes), let extents = try? window.extents(images.inputSizes) else {
      return nil
    }
    (input, output) = (images.input, images.output)
    self.extents = extents
    self.window = ImageWindow(window, extents)
  }
}

/// A maximum pool of quantized images.
private struct BytePoolPass {
  let input: ImageShape
  let output: ImageShape
  let window: ImageWindow

  var taps: Int { saturatedProduct(window.height, window.width) }
}

extension PlanBuilder {
  fileprivate mutating func emitPool(
    _ fused: FusedNode, _ window: SlidingWindow, _ operation: PoolOperation
  ) throws(InfoldError) -> Bool {
    if window.rank == 3 { return try emitVolumePool(fused, window, operation) }
    guard let x = fused.node.inputs[0], let y = fused.output, let pool = PooledImages(fused.node, window, sizes) else {
      return false
    }
    let (input, image, extents, geometry) = (pool.input, pool.output, pool.extents, pool.window)
    // A window over the whole image is a global pool, which is shared between threads by its channels.
    if operation != .averageIncludingPadding, image.pixels == 1, geometry.padTop == 0, geometry.padLeft == 0,
      geometry.height == input.height, geometry.width == input.width, geometry.dilationY == 1, geometry.dilationX == 1
    {
      return try emitGlobalPool(fused, operation == .maximum ? .maximum : .mean)
    }
    let source = try location(of: x, .channelsLast)
    let target = define(y, .channelsLast)
    let step = PoolStep(
      kernels: poolKernels(channels: input.channels), image: input, result: image, window: geometry,
      operation: operation, padBottom: extents.count > 1 ? extents[0].padAfter : 0, padRight: extents.last!.padAfter,
      input: source, output: target)
    emit(step, "pool", reads: [source], writes: [target])
    return true
  }

  /// The maximum pool that says where the maxima stand, channel by channel.
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
    ) { channels, frame, _ in
      var y = UnsafeMutableBufferPointer(start: frame.pointer(target), count: resultCount).mutableSpan
      var indices = UnsafeMutableBufferPointer(
        start: frame.address(places).assumingMemoryBound(to: Int64.self), count: resultCount
      ).mutableSpan
      search.run(channels, UnsafeBufferPointer(start: frame.pointer(source), count: count).span, to: &y, &indices)
    }
    emit(step, "pool with indices", reads: [source], writes: [target, places])
    return true
  }

  /// The kernels for windows over so many channels: of fewer than fill a vector, each window would be written in parts.
  func poolKernels(channels: Int) -> any LanewiseKernels.Type {
    channels < productKernels.vectorWidth ? kernels : lanewiseKernels
  }

  /// The maximum pool of quantized images, or volumes.
  fileprivate mutating func emitBytePool(_ fused: FusedNode, _ window: SlidingWindow) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output else { return false }
    let passes: [BytePoolPass]
    if window.rank == 3 {
      guard let pool = VolumePool(fused.node, window, byteSizes) else { return false }
      passes = pool.passes.map { BytePoolPass(input: $0.input, output: $0.output, window: $0.window) }
    } else {
      guard let pool = PooledImages(fused.node, window, byteSizes) else { return false }
      passes = [BytePoolPass(input: pool.input, output: pool.output, window: pool.window)]
    }
    // Every position of a window is looked up.
    guard passes.allSatisfy({ $0.taps <= 1 << 16 }) else { return false }
    var source = try location(of: x, .channelsLast)
    let result = define(y, .channelsLast)
    for (index, pass) in passes.enumerated() {
      let target = index == passes.count - 1 ? result : temporary(pass.output.sizes, source.format, .channelsLast)
      emit(pass, from: source, to: target)
      source = target
    }
    return true
  }

  private mutating func emit(_ pass: BytePoolPass, from source: Location, to target: Location) {
    let kernels = byteKernels
    let step = RangeStep(
      units: pass.output.images * pass.output.pixels, cost: saturatedProduct(pass.output.count, pass.taps) / 4,
      scratchByteCount: kernels.windowScratch(taps: pass.taps, channels: pass.input.channels)
    ) { pixels, frame, worker in
      kernels.maximumPool(
        pass.window, pass.input.input(frame.bytes(source), source), pass.output.output(frame.bytes(target), target),
        pixels: pixels, scratch: frame.scratch(of: worker))
    }
    emit(step, "int8 pool", reads: [source], writes: [target])
  }

  /// The reduction of every channel of every image to one number.
  mutating func emitGlobalPool(_ fused: FusedNode, _ reduction: Reduction) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let image = sizes(x).flatMap(ImageShape.init),
      sizes(y) != nil
    else { return false }
    let source = try location(of: x, .channelsLast)
    // The result is [N, C] with ones behind, the same in both layouts; in row-major order it may have any rank.
    let target = define(y, concatenations.part(y) == nil ? .rowMajor : .channelsLast)
    let stride = target.layout == .rowMajor ? image.channels : target.pixelStride
    let kernels = kernels
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let units = GlobalPoolArguments(input: image.input(nowhere, source), output: nowhere, reduction: reduction)
      .unitCount
    let step = RangeStep(units: units, cost: image.count) { units, frame, _ in
      kernels.globalPool(
        GlobalPoolArguments(
          input: image.input(frame.pointer(source), source), output: frame.pointer(target), outputStride: stride,
          reduction: reduction),
        units: units)
    }
    emit(step, "global pool", reads: [source], writes: [target])
    return true
  }
}
