import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension QLinearConv: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    ByteConvolutionProblem(self, node, plan) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = ByteConvolutionProblem(self, fused.node, plan), let x = fused.node.inputs[0],
      let y = fused.output
    else { return try plan.emitQuantizedConvolution(convolution, fused) }
    if problem.isDepthwise {
      try plan.emitByteDepthwise(problem, x, y, fused)
    } else if problem.hasFewChannels {
      try plan.emitByteFewChannels(problem, x, y, fused)
    } else {
      try plan.emitByteConvolution(problem, x, y, fused)
    }
    return true
  }
}

extension QLinearGemm: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    problem(node, plan) == nil ? [] : .activation
  }

  /// Returns the product of all rows as a convolution of one row of pixels.
  private func problem(_ node: Node, _ plan: PlanBuilder) -> ByteConvolutionProblem? {
    guard let x = plan.byteSizes(node.inputs[0]), let y = plan.byteSizes(node.outputs[0]),
      let inner = x.last, let columns = y.last, let weights = ByteWeights(node, plan),
      weights.tensor.shape == [columns, inner]
    else { return nil }
    let rows = x.dropLast().reduce(1, *)
    return ByteConvolutionProblem(
      input: ImageShape([1, inner, 1, rows])!, output: ImageShape([1, columns, 1, rows])!,
      window: ImageWindow(height: 1, width: 1), groups: 1, weights: weights)
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = problem(fused.node, plan), let x = fused.node.inputs[0], let y = fused.output else {
      return try plan.emitQuantizedMatrices(fused, isTransposed: true)
    }
    var input = try plan.location(of: x, .rowMajor)
    input.pixelStride = problem.input.channels
    var output = plan.define(y, .rowMajor)
    output.pixelStride = problem.output.channels
    try plan.emitByteConvolution(problem, from: input, to: output, y, fused, "int8 product")
    return true
  }
}

/// The constant operands of QLinearConv, and of operators with the same inputs.
struct ByteWeights {
  /// The weights [M, C / groups, k1, …] in int8, or in uint8 with zero point 128.
  var tensor: Tensor
  var bias: [Int32]
  /// The factors that rescale sums of products to the scale of the result, for every output
  /// channel.
  var multipliers: [Float]
  var input: PlannedQuantization
  var output: PlannedQuantization

  /// Returns `nil` if an operand is not constant, or the weights are not symmetric.
  init?(_ node: Node, _ plan: PlanBuilder) {
    let inputs = node.inputs
    guard let tensor = inputs[3].flatMap(plan.graph.constant), tensor.count > 0, !tensor.shape.isEmpty,
      let points = inputs[5].flatMap(plan.graph.constant)?.byteValues,
      let scales = try? plan.constant(inputs[4])?.elements(as: Float.self),
      points.allSatisfy({ $0 == (tensor.elementType == .uint8 ? 128 : 0) }),
      let input = plan.quantization(of: inputs[0], scale: inputs[1], zeroPoint: inputs[2]),
      let output = plan.quantization(of: node.outputs[0], scale: inputs[6], zeroPoint: inputs[7])
    else { return nil }
    let count = tensor.shape[0]
    guard scales.count == 1 || scales.count == count else { return nil }
    self.tensor = tensor
    self.input = input
    self.output = output
    multipliers = (0..<count).map { input.scale * scales[scales.count == 1 ? 0 : $0] / output.scale }
    guard multipliers.allSatisfy(\.isFinite) else { return nil }
    bias = Array(repeating: 0, count: count)
    if inputs.count > 8, let id = inputs[8] {
      guard let given = try? plan.graph.constant(id)?.elements(as: Int32.self), given.count == count else {
        return nil
      }
      bias = given
    }
  }

  /// Calls `body` with the weights as int8.
  func withSignedWeights<Result>(_ body: (UnsafePointer<Int8>) -> Result) -> Result {
    if tensor.elementType == .int8 {
      return tensor.withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: Int8.self)) }
    }
    return tensor.byteValues!.map { Int8($0 - 128) }.withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  /// The initial values of the sums: the bias, and the contribution of the input's zero point.
  var startingSums: [Int32] {
    let weightCount = tensor.count / bias.count
    return withSignedWeights { weights in
      bias.indices.map { channel in
        let own = UnsafeBufferPointer(start: weights + channel * weightCount, count: weightCount)
        return bias[channel] &- input.zeroPoint &* own.reduce(Int32(0)) { $0 &+ Int32($1) }
      }
    }
  }
}

/// A convolution of quantized images with known sizes and weights.
struct ByteConvolutionProblem: ConvolutionSizes {
  var input: ImageShape
  var output: ImageShape
  var window: ImageWindow
  var groups: Int
  var weights: ByteWeights

  var multiplyAccumulates: Int { saturatedProduct(output.count, groupChannels, window.height, window.width) }
}

extension ByteConvolutionProblem {
  init?(_ operation: QLinearConv, _ node: Node, _ plan: PlanBuilder) {
    let groups = operation.convolution.group
    guard let images = WindowedImages(node, plan.byteSizes), let weights = ByteWeights(node, plan),
      weights.tensor.shape.count == 2 + images.inputSizes.count, weights.tensor.shape[0] == images.output.channels,
      groups > 0, images.input.channels == weights.tensor.shape[1] * groups, images.output.channels % groups == 0,
      let window = try? operation.convolution.window(kernel: Array(weights.tensor.shape[2...])),
      let extents = try? window.extents(images.inputSizes)
    else { return nil }
    self.init(
      input: images.input, output: images.output, window: ImageWindow(window, extents), groups: groups,
      weights: weights)
  }
}

/// The parameters that requantize a convolution's sums.
struct PlannedRequantization {
  /// The initial values of the sums, followed by the multipliers.
  let parameters: Location
  /// The number of initial values, and of multipliers, per group.
  let groupCount: Int
  let count: Int
  let bounds: ClosedRange<Float>
  let zeroPoint: Int32

  func resolved(in state: RunState, group: Int = 0) -> Requantization {
    let base = state.address(parameters)
    return Requantization(
      bias: base.assumingMemoryBound(to: Int32.self) + group * groupCount,
      multipliers: base.assumingMemoryBound(to: Float.self) + count + group * groupCount, lower: bounds.lowerBound,
      upper: bounds.upperBound, zeroPoint: zeroPoint)
  }
}

extension PlanBuilder {
  /// Returns the requantization of a convolution with `groupCount` parameters per group. `place`
  /// returns the position of a channel's parameters within its group.
  private mutating func requantization(
    _ problem: ByteConvolutionProblem, _ y: ValueID, _ fused: FusedNode, groupCount: Int,
    place: (Int) -> Int
  ) throws(InfoldError) -> PlannedRequantization {
    let weights = problem.weights
    let count = groupCount * problem.groups
    let sums = weights.startingSums
    // These depend on more tensors than a cache key can reasonably name.
    let constant = try packed.constant(byteCount: 8 * count) { memory in
      let starts = memory.assumingMemoryBound(to: Int32.self)
      let multipliers = (memory + 4 * count).assumingMemoryBound(to: Float.self)
      starts.initialize(repeating: 0, count: count)
      multipliers.initialize(repeating: 0, count: count)
      for channel in sums.indices {
        starts[place(channel)] = sums[channel]
        multipliers[place(channel)] = weights.multipliers[channel]
      }
    }
    return PlannedRequantization(
      parameters: location(of: .packed(constant)), groupCount: groupCount, count: count,
      bounds: weights.output.clipped(by: fused.activation, offset: format(of: y)!.offset),
      zeroPoint: weights.output.zeroPoint)
  }

  fileprivate mutating func emitByteConvolution(
    _ problem: ByteConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let input = try location(of: x, .channelsLast)
    let isProduct = problem.window.height * problem.window.width == 1
    try emitByteConvolution(
      problem, from: input, to: define(y, .channelsLast), y, fused,
      problem.groups > 1 ? "int8 grouped" : isProduct ? "int8 1×1" : "int8 direct")
  }

  /// - Parameter readsRows: Whether the input is a padded image in which a row of the window counts
  ///   as one pixel.
  fileprivate mutating func emitByteConvolution(
    _ problem: ByteConvolutionProblem, from input: Location, to output: Location, _ y: ValueID, _ fused: FusedNode,
    _ algorithm: String, readsRows: Bool = false
  ) throws(InfoldError) {
    var shape = ConvolutionShape(problem, input: input, output: output)
    if readsRows { shape = shape.rowsAsPixels(of: problem) }
    let products = byteProducts(shape, count: problem.groups), kernels = products.kernels
    let (taps, channels, columns) = (shape.window.height * shape.window.width, shape.channels, shape.outputChannels)
    let count = kernels.packedByteCount(taps: taps, channels: channels, columns: columns)
    let constant = try packed.constant(
      of: [problem.weights.tensor], form: "int8 panels of \(problem.groups) groups, \(taps) taps, \(kernels.name)",
      byteCount: problem.groups * count
    ) { target in
      problem.weights.withSignedWeights { source in
        func pack(_ group: Int, _ source: UnsafePointer<Int8>, tapStride: Int, channelStride: Int) {
          kernels.pack(
            BytePackArguments(
              source: source, taps: taps, channels: channels, tapStride: tapStride, channelStride: channelStride,
              columnStride: channels * taps, columns: columns,
              packed: target.assumingMemoryBound(to: Int8.self) + group * count))
        }
        guard !readsRows else {
          return problem.rowOrdered(source).withUnsafeBufferPointer {
            pack(0, $0.baseAddress!, tapStride: channels, channelStride: 1)
          }
        }
        for group in 0..<problem.groups {
          pack(group, source + group * columns * channels * taps, tapStride: 1, channelStride: taps)
        }
      }
    }
    let weights = location(of: .packed(constant))
    let width = kernels.panelWidth
    let groupCount = (columns + width - 1) / width * width
    let requantization = try requantization(problem, y, fused, groupCount: groupCount) {
      $0 / columns * groupCount + $0 % columns
    }
    let step = ConvolutionStep(
      kernel: .bytes(products, requantization, padding: UInt8(problem.weights.input.zeroPoint)), shape: shape,
      groups: problem.groups, input: input, weights: weights, output: output)
    emit(
      step, algorithm + products.suffix, reads: [input, weights, requantization.parameters], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }

  /// Adds a convolution of few channels. The image is first copied to channels-last layout with the
  /// zero point as padding, so that a row of the window is one pixel with more channels.
  fileprivate mutating func emitByteFewChannels(
    _ problem: ByteConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let padded = try interleaved(problem, x, padding: UInt32(problem.weights.input.zeroPoint))
    try emitByteConvolution(
      problem, from: padded, to: define(y, .channelsLast), y, fused, "int8 direct, few channels", readsRows: true)
  }

  fileprivate mutating func emitByteDepthwise(
    _ problem: ByteConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (kernels, window, channels) = (byteKernels, problem.window, problem.input.channels)
    let taps = window.height * window.width
    let constant = try packed.constant(
      of: [problem.weights.tensor], form: "int8 depthwise, \(kernels.name)",
      byteCount: kernels.depthwisePackedByteCount(taps: taps, channels: channels)
    ) { target in
      problem.weights.withSignedWeights {
        kernels.packDepthwise($0, taps: taps, channels: channels, into: target.assumingMemoryBound(to: Int8.self))
      }
    }
    let block = kernels.depthwiseBlock
    // All channels form one group.
    var whole = problem
    whole.groups = 1
    let requantization = try requantization(
      whole, y, fused, groupCount: (channels + block - 1) / block * block, place: kernels.depthwisePlace)
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let output = define(y, .channelsLast)
    let padding = UInt8(problem.weights.input.zeroPoint)
    let step = RangeStep(
      units: problem.output.images * problem.output.pixels, cost: problem.multiplyAccumulates / 2,
      scratchByteCount: kernels.windowScratch(taps: taps, channels: channels)
    ) { pixels, state, worker in
      kernels.depthwise(
        ByteConvolutionArguments(
          window: window, input: problem.input.input(state.bytes(input), input), padding: padding,
          weights: state.address(weights).assumingMemoryBound(to: Int8.self),
          output: problem.output.output(state.bytes(output), output),
          requantization: requantization.resolved(in: state),
          pixels: pixels, columns: 0..<channels, scratch: state.scratch(of: worker)))
    }
    emit(
      step, "int8 depthwise", reads: [input, weights, requantization.parameters], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}

extension ByteConvolutionProblem {
  /// Returns the weights in the order output channel, window row, window column, channel.
  fileprivate func rowOrdered(_ weights: UnsafePointer<Int8>) -> [Int8] {
    let (taps, channels) = (window.height * window.width, groupChannels)
    var result: [Int8] = []
    result.reserveCapacity(output.channels * taps * channels)
    for column in 0..<output.channels {
      for tap in 0..<taps {
        for channel in 0..<channels { result.append(weights[(column * channels + channel) * taps + tap]) }
      }
    }
    return result
  }
}
