import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Conv: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    ConvolutionProblem(self, node, plan) == nil ? [] : [.activation, .residual]
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = ConvolutionProblem(self, fused.node, plan), let x = fused.node.inputs[0],
      let output = fused.output
    else {
      let isConstant = fused.node.inputs.dropFirst().allSatisfy { $0.map { plan.graph.constant($0) != nil } ?? true }
      return isConstant ? false : try plan.emitVariable(self, fused)
    }
    if try plan.emitPlanes(problem, x, output, fused) { return true }
    try plan.emit(problem, by: plan.algorithm(for: problem), x, output, fused)
    return true
  }
}

extension PlanBuilder {
  /// Chooses the algorithm of a convolution.
  fileprivate mutating func algorithm(for problem: ConvolutionProblem) -> ConvolutionProblem.Algorithm {
    let (precision, workers) = (precision, sharers)
    var expected = vectorAlgorithm(for: problem)
    var others = problem.algorithms(precision, lanesKernels(for: problem))
    if let matrixUnit, problem.suitsMatrixUnit {
      others.append(.matrixUnit)
      let isPreferred = cost.prefersMatrixUnit(
        matrixUnit, channels: problem.groupChannels, outputs: problem.groupOutputs, hasWinograd: expected.isWinograd)
      if isPreferred { expected = .matrixUnit }
    }
    let options = [expected] + others.filter { $0 != expected }
    return options[
      choose(
        .algorithm, "\(problem.text) \(precision) \(workers) threads", among: options.map(\.description), expected: 0)]
  }

  /// The expected algorithm of a convolution without a matrix unit.
  private func vectorAlgorithm(for problem: ConvolutionProblem) -> ConvolutionProblem.Algorithm {
    problem.algorithm(precision, cost.machine, lanesKernels(for: problem))
  }

  fileprivate mutating func emit(
    _ problem: ConvolutionProblem, by algorithm: ConvolutionProblem.Algorithm, _ x: ValueID, _ y: ValueID,
    _ fused: FusedNode
  ) throws(InfoldError) {
    switch algorithm {
    case .depthwise: try emitDepthwise(problem, x, y, fused)
    case .lanes: try emitLanes(problem, x, y, fused)
    case .fewChannels: try emitFewChannels(problem, x, y, fused)
    case .direct: try emitDirect(problem, x, y, fused)
    case .winograd(let tile): try emitWinograd(problem, tile, x, y, fused)
    case .matrixUnit:
      if try emitMatrixUnit(problem, x, y, fused) { return }
      try emit(problem, by: vectorAlgorithm(for: problem), x, y, fused)
    }
  }

  /// Chooses the kernels of a convolution.
  fileprivate mutating func kernels(for problem: ConvolutionProblem) -> any ConvolutionKernels.Type {
    let (sets, workers) = ([productKernels, kernels] as [any ConvolutionKernels.Type], sharers)
    let channels = problem.groupOutputs == 1 ? problem.output.channels : problem.groupOutputs
    let width = productKernels.vectorWidth
    let prefersNarrow = cost.prefersNarrowVectors(
      channels: channels, products: problem.groupChannels * problem.tapCount,
      groups: problem.groups, width: width)
    // If channels do not fill a vector, the depthwise kernel uses another loop, which skips
    // padding.
    if channels <= width / 2 || problem.isDepthwise && channels < width { return sets[prefersNarrow ? 1 : 0] }
    return sets[
      choose(
        .vectors, "\(problem.text) \(workers) threads", among: sets[0] == sets[1] ? [] : sets.map { $0.name },
        expected: prefersNarrow ? 1 : 0)]
  }

  /// Chooses the axis along which threads divide a convolution.
  mutating func chooseSharing(of step: inout ConvolutionStep, _ problem: @autoclosure () -> String) {
    let workers = sharers
    guard tuningResults != nil, step.tasks(phase: 0, workers: workers) > 1 else { return }
    let axes = [step.sharedAxis, step.sharedAxis.other].filter { step.parts(along: $0) >= workers }
    let chosen = choose(
      .sharing, "\(problem()) \(workers) threads", among: axes.map(\.rawValue), expected: 0)
    if axes.count > 1 { step.measuredAxis = axes[chosen] }
  }

  /// Packs the weights of a convolution into panels, one group after the other.
  fileprivate mutating func packedWeights(_ problem: ConvolutionProblem) throws(InfoldError) -> Location {
    let kernels = kernels(for: problem)
    let taps = problem.tapCount
    let channels = problem.groupChannels, columns = problem.groupOutputs
    let workers = workers
    let count = kernels.packedCount(rows: taps * channels, columns: columns)
    let constant = try packed.constant(
      of: [problem.weight], form: "panels of \(problem.groups) groups, \(kernels.name)\(problem.tapsText)",
      byteCount: problem.groups * count * MemoryLayout<Float>.stride
    ) { target in
      problem.withWeights { source in
        for group in 0..<problem.groups {
          kernels.pack(
            PackArguments(
              source: source + group * columns * channels * taps, taps: taps, channels: channels, tapStride: 1,
              channelStride: taps, columnStride: channels * taps, columnCount: columns, columns: 0..<columns,
              packed: target.assumingMemoryBound(to: Float.self) + group * count),
            workers: workers)
        }
      }
    }
    return location(of: .packed(constant))
  }

  private mutating func emitDirect(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let input = try location(of: x, .channelsLast)
    let isProduct = problem.tapCount == 1
    try emitDirect(problem, from: input, y, fused, problem.groups > 1 ? "grouped" : isProduct ? "1×1" : "direct")
  }

  /// Adds a convolution by the matrix unit.
  /// - Returns: `false` if the weights cannot be split.
  private mutating func emitMatrixUnit(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) -> Bool {
    guard let unit = matrixUnit else { preconditionFailure("there is no matrix unit") }
    let (taps, channels, columns) = (problem.tapCount, problem.groupChannels, problem.groupOutputs)
    let (groups, workers) = (problem.groups, workers)
    let count = unit.kernels.packedCount(unit.factors, taps: taps, channels: channels, columns: columns)
    let packed = try packedForUnit(
      unit, of: problem.weight, form: "panels of \(groups) groups\(problem.tapsText)", count: groups * count
    ) { target in
      var areSuitable = true
      problem.withWeights { source in
        for group in 0..<groups {
          let arguments = PackArguments(
            source: source + group * columns * channels * taps, taps: taps, channels: channels, tapStride: 1,
            channelStride: taps, columnStride: channels * taps, columnCount: columns, columns: 0..<columns,
            packed: target + group * count)
          if !unit.kernels.pack(arguments, unit.factors, workers: workers) { areSuitable = false }
        }
      }
      return areSuitable
    }
    guard let weights = packed else { return false }
    var direct: MatrixUnitProduct.Direct?
    if unit.factors == .split {
      direct = MatrixUnitProduct.Direct(kernels: kernels(for: problem), weights: try packedWeights(problem))
    }
    let input = try location(of: x, .channelsLast)
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    var step = ConvolutionStep(
      kernel: .bfloat16(MatrixUnitProduct(unit: unit, epilogue: epilogue, direct: direct)),
      shape: ConvolutionShape(problem, input: input, output: output), groups: groups, input: input, weights: weights,
      output: output)
    chooseSharing(of: &step, problem.text + unit.suffix)
    emit(
      step, (groups > 1 ? "grouped" : taps == 1 ? "1×1" : "direct") + unit.suffix,
      reads: [input, weights, direct?.weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
    return true
  }

  fileprivate mutating func emitFewChannels(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let padded = try interleaved(problem, x, padding: 0)
    try emitDirect(problem, from: padded, y, fused, "direct, few channels", readsRows: true)
  }

  /// - Parameter readsRows: Whether the input is a padded image in which a row of the window counts
  ///   as one pixel.
  private mutating func emitDirect(
    _ problem: ConvolutionProblem, from input: Location, _ y: ValueID, _ fused: FusedNode, _ algorithm: String,
    readsRows: Bool = false
  ) throws(InfoldError) {
    let weights = try packedWeights(problem)
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    let shape = ConvolutionShape(problem, input: input, output: output)
    var step = ConvolutionStep(
      kernel: .floats(kernels(for: problem), epilogue),
      shape: readsRows ? shape.rowsAsPixels(of: problem) : shape, groups: problem.groups, input: input,
      weights: weights, output: output)
    chooseSharing(of: &step, problem.text + (readsRows ? " rows" : ""))
    emit(
      step, algorithm, reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }

  /// Copies images with few channels to padded channels-last memory, in which a row of the window
  /// counts as one pixel with more channels. `padding` is the bit pattern of the padding elements.
  mutating func interleaved(
    _ problem: some ConvolutionSizes, _ x: ValueID, padding: UInt32
  ) throws(InfoldError) -> Location {
    let (image, window, reach, kernels) = (problem.input, problem.window, problem.reach, kernels)
    // In row-major order, the planes of a volume are contiguous within a channel.
    let volumes = plannedSizes(x)![0], planes = image.images / volumes
    let canBeRowMajor = planes == 1 || volumes == 1
    let layout: Layout = canBeRowMajor && layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try location(of: x, layout)
    let padded = temporary([image.images * reach.height * reach.width * image.channels], source.format)
    let step = RangeStep(
      units: image.images * reach.height, cost: 2 * image.count * source.format.byteCount / 4
    ) { rows, state, _ in
      kernels.interleaveChannels(
        InterleaveArguments(
          input: state.address(source), images: image.images, height: image.height, width: image.width,
          channels: image.channels, channelStride: layout == .rowMajor ? planes * image.pixels : 1,
          pixelStride: layout == .rowMajor ? 1 : source.pixelStride,
          imageStride: image.pixels
            * (layout == .channelsLast ? source.pixelStride : planes == 1 ? image.channels : 1),
          padTop: window.padTop, padLeft: window.padLeft, output: state.address(padded), outputHeight: reach.height,
          outputWidth: reach.width, elementByteCount: source.format.byteCount, padding: padding),
        rows: rows)
    }
    emit(
      step, "interleave", reads: [source], writes: [padded],
      shape: [image.images, image.channels, reach.height, reach.width])
    return padded
  }

  fileprivate mutating func emitWinograd(
    _ problem: ConvolutionProblem, _ tile: Int, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (channels, outputs) = (problem.input.channels, problem.output.channels)
    let (kernels, workers) = (kernels(for: problem), workers)
    let count = kernels.winogradPackedCount(tile: tile, channels: channels, outputChannels: outputs)
    // The weights are followed by a flag: 1 if they suit the algorithm.
    let constant = try packed.constant(
      of: [problem.weight], form: "Winograd \(tile), \(kernels.name)\(problem.tapsText)",
      byteCount: (count + 1) * MemoryLayout<Float>.stride
    ) { target in
      let target = target.assumingMemoryBound(to: Float.self)
      problem.withWeights { source in
        let isSuitable = kernels.packWinograd(
          WinogradPackArguments(
            tile: tile, source: source, channels: channels, columnCount: outputs, columns: 0..<outputs, packed: target),
          workers: workers)
        target[count] = isSuitable ? 1 : 0
      }
    }
    guard constant.floats[count] == 1 else { return try emitDirect(problem, x, y, fused) }
    let directWeights = try packedWeights(problem)
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    var step = WinogradStep(
      kernels: kernels, tile: tile, shape: ConvolutionShape(problem, input: input, output: output),
      input: input, weights: weights, directWeights: directWeights, output: output, epilogue: epilogue)
    step.sharesChannels = sharesChannels(step, problem, tile)
    emit(
      step, "Winograd \(tile)×\(tile)",
      reads: [input, weights, directWeights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }

  /// Returns whether threads divide the output channels of a Winograd convolution.
  private mutating func sharesChannels(_ step: WinogradStep, _ problem: ConvolutionProblem, _ tile: Int) -> Bool {
    guard step.panels > 1 else { return false }
    let workers = sharers
    let isExpected = CostModel.winogradSharesChannels(
      tiles: step.tiles, channels: problem.input.channels, outputs: problem.output.channels)
    return choose(
      .sharing, "\(problem.text) winograd \(tile) \(workers) threads",
      among: workers > 1 ? ["positions", "channels"] : [], expected: isExpected ? 1 : 0) == 1
  }

  fileprivate mutating func emitDepthwise(
    _ problem: ConvolutionProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let (window, channels, kernels) = (problem.window, problem.output.channels, kernels(for: problem))
    let constant = try packed.constant(
      of: [problem.weight], form: "depthwise, \(kernels.name)\(problem.tapsText)",
      byteCount: kernels.depthwiseWeightCount(
        kernelHeight: window.height, kernelWidth: window.width, channels: channels)
        * MemoryLayout<Float>.stride
    ) { target in
      problem.withWeights { weights in
        kernels.packDepthwiseWeights(
          weights, kernelHeight: window.height, kernelWidth: window.width, channels: channels,
          into: target.assumingMemoryBound(to: Float.self))
      }
    }
    let input = try location(of: x, .channelsLast)
    let weights = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let output = define(y, .channelsLast)
    let step = DepthwiseStep(
      kernels: kernels, image: problem.input, result: problem.output, window: window,
      multiplyAccumulates: problem.multiplyAccumulates, input: input, weights: weights, epilogue: epilogue,
      output: output)
    emit(
      step, "depthwise", reads: [input, weights, epilogue.bias, epilogue.residual], writes: [output],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}
